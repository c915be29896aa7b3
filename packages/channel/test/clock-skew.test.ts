import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ThemisError } from '@themis-mesh/core';
import { ManualClock, skewed, Stage } from '@themis-mesh/testkit';

const SECOND = 1000;

/** An app whose certificates are ten minutes old, so that dates alone refuse nobody. */
async function openAged(ttl = 3600): Promise<{ readonly stage: Stage; readonly clock: ManualClock }> {
  const clock = new ManualClock();
  const stage = await Stage.open({ clock, ttl });
  clock.advance(600 * SECOND);
  return { stage, clock };
}

for (const ahead of [-60, -59, 0, 59, 60]) {
  test(`a dialler whose clock is off by ${ahead} s is taken`, async () => {
    const { stage, clock } = await openAged();
    await using _ = stage;
    const own = skewed(clock, ahead * SECOND);
    const as = await stage.app.leaf('web', { now: Math.floor(own.now() / 1000) });
    const channel = await stage.dial({ as, clock: own });
    assert.equal(channel.state.is, 'open');
  });
}

for (const [ahead, said] of [
  [61, 'the clock of payments is 61 s behind ours'],
  [-61, 'the clock of payments is 61 s ahead of ours'],
  [-540, 'the clock of payments is 540 s ahead of ours'],
  [3600, 'the clock of payments is 3600 s behind ours'],
] as const) {
  test(`a dialler whose clock is off by ${ahead} s is told so`, async () => {
    const { stage, clock } = await openAged(86_400);
    await using _ = stage;
    const own = skewed(clock, ahead * SECOND);
    const as = await stage.app.leaf('web', { ttl: 86_400 });
    await assert.rejects(stage.dial({ as, clock: own }), (error) => {
      assert(ThemisError.is(error, 'THEMIS_CLOCK_SKEW'), String(error));
      assert(error.message.endsWith(said), error.message);
      return true;
    });
  });
}

test('a fresh leaf of a dialler ahead of its time is refused, and the dialler hears of the clocks', async () => {
  const { stage, clock } = await openAged();
  await using _ = stage;
  const own = skewed(clock, 61 * SECOND);
  const as = await stage.app.leaf('web', { now: Math.floor(own.now() / 1000) });
  await assert.rejects(stage.dial({ as, clock: own }), (error) => {
    assert(ThemisError.is(error, 'THEMIS_CLOCK_SKEW'), String(error));
    assert.equal(error.refusal?.code, 'leaf-not-yet-valid');
    return true;
  });
  assert.deepEqual(stage.refusals, ['leaf-not-yet-valid']);
});

test('a dialler behind its time refuses a fresh leaf, and hears of the clocks', async () => {
  const { stage, clock } = await openAged();
  await using _ = stage;
  stage.credentials.swap(await stage.app.leaf('payments'));
  const own = skewed(clock, -61 * SECOND);
  const as = await stage.app.leaf('web', { now: Math.floor(own.now() / 1000) });
  await assert.rejects(stage.dial({ as, clock: own }), (error) => {
    assert(ThemisError.is(error, 'THEMIS_CLOCK_SKEW'), String(error));
    assert.equal(error.refusal?.code, 'leaf-not-yet-valid');
    assert.match(error.message, /is 61 s ahead of ours$/);
    return true;
  });
});

test('a leaf of the future is refused for that where the clocks agree', async () => {
  const { stage, clock } = await openAged();
  await using _ = stage;
  stage.credentials.swap(await stage.app.leaf('payments', { now: clock.seconds + 120 }));
  await assert.rejects(stage.dial(), (error) => {
    return ThemisError.is(error, 'THEMIS_PEER_REFUSED') && error.refusal?.code === 'leaf-not-yet-valid';
  });
});
