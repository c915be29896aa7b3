import { buildCommand } from '@stricli/core';
import { lesson, type CliCommand } from '../cli-command.ts';
import type { RunFlags } from '../actions/run.ts';
import type { CliContext } from '../context.ts';
import { homeFlag, listFlag, switchFlag, textFlag } from '../flags.ts';
import { logJsonFlag, verboseFlag } from '../log-flags.ts';

export const run: CliCommand = {
  command: buildCommand<RunFlags, string[], CliContext>({
    loader: async () => (await import('../actions/run.ts')).run,
    parameters: {
      flags: {
        port: textFlag('PORT', 'The plain port of the program'),
        socket: textFlag('PATH', 'The unix socket of the program, in the place of a port'),
        protocol: textFlag('http|h2|tcp', 'What the program speaks (else http)'),
        listen: textFlag('HOST:PORT', 'Where the mesh is listened to (else any free port of 127.0.0.1)'),
        advertise: textFlag('HOST', 'The host that others dial, where it is not the one listened on'),
        forward: listFlag(
          'PORT=[http:|h2:]SERVICE',
          'A port of loopback that leads to a service, by raw TCP, HTTP, or HTTP/2',
          true,
        ),
        egress: listFlag('HOST', 'deny, allow, or the hosts outside the mesh that may be reached (else deny)'),
        ingress: textFlag('HOST:PORT', 'Where callers outside the mesh are listened to, in plain HTTP'),
        probe: textFlag('HOST:PORT', 'Where /livez and /readyz are answered'),
        metrics: textFlag('HOST:PORT', 'Where /metrics is answered'),
        metricsHost: listFlag('HOST', 'Names by which readers of metrics may ask, besides addresses and localhost'),
        accessLog: textFlag('FILE|-', 'Where a line is written for each request'),
        accessLogQuery: switchFlag('Write paths with their queries, which may carry tokens'),
        maxConnections: textFlag('NUMBER', 'How many connections each plain port takes at one time (else 10000)'),
        stall: textFlag('SECONDS', 'How long a plain caller may leave a message half sent or half read (else 30)'),
        health: textFlag('PATH', 'What to GET until it answers well (else a connection is enough)'),
        wait: textFlag('SECONDS', 'How long the program may take to answer at its start (else 30)'),
        drain: textFlag('SECONDS', 'How long stopping may take until the program is killed (else 10)'),
        zone: textFlag('ZONE', 'Where this instance is: instances of one zone prefer each other'),
        label: listFlag('NAME=VALUE', 'What this instance is told apart by in splits and routes; may be repeated', true),
        weight: textFlag('WEIGHT', 'How much this instance takes on, where 100 is what others do (else 100)'),
        leaf: textFlag('SECONDS', 'How long a certificate lives (else 3600)'),
        policy: textFlag('members|authenticated|deny-all', 'Who may call, besides what the charter says'),
        policyFile: textFlag('FILE', 'A policy in YAML or JSON, in the place of these two; it is followed as it changes'),
        allow: listFlag('NAME', 'Services that may call; without --policy nobody else'),
        noProxy: switchFlag('Give the program no proxy into the mesh'),
        logJson: logJsonFlag,
        verbose: verboseFlag,
        home: homeFlag,
      },
      positional: {
        kind: 'array',
        parameter: { brief: 'The service, and the program with its arguments', placeholder: 'NAME', parse: String },
      },
    },
    docs: {
      brief: 'Run a program as an instance of a service',
      customUsage: [
        `NAME (--port PORT | --socket PATH) [--protocol http|h2|tcp] [--listen HOST:PORT] [--advertise HOST]
    [--forward PORT=[http:|h2:]SERVICE]… [--egress deny|allow|HOST,…] [--ingress HOST:PORT] [--probe HOST:PORT]
    [--health PATH] [--metrics [HOST:]PORT] [--metrics-host HOST,…] [--access-log FILE|-] [--access-log-query]
    [--max-connections NUMBER] [--stall SECONDS] [--wait SECONDS] [--drain SECONDS] [--leaf SECONDS]
    [--zone ZONE] [--label NAME=VALUE]… [--weight WEIGHT]
    [--policy POLICY] [--allow NAME,…] [--policy-file FILE] [--no-proxy] [--log-json] [--verbose] [-- COMMAND ARGUMENTS…]`,
      ],
      fullDescription: lesson({
        what: `Starts a program that knows nothing of the mesh, and stands between the two. Once the program answers on its plain port,
others reach it over mutual TLS; it is told who calls by the header x-forwarded-client-cert, and x-themis-caller for short.
It reaches others by http://NAME.mesh.internal/, through the proxy that it finds in HTTP_PROXY, or by forwarded ports.

It ends when the program ends, with the program's status. On SIGTERM or SIGINT it takes leave of the directory, lets what
is under way end, and passes the signal on. Without a COMMAND it serves a program that somebody else starts.`,
        examples: [
          'themis run payments --port 8080 -- python3 -m http.server 8080 --bind 127.0.0.1 --directory public',
          'themis run orders --port 3000 --egress api.example.com --forward 5432=db -- node server.js',
          'themis run orders --port 3000 --forward 8081=http:payments -- node server.js',
          'themis run db --port 5432 --protocol tcp --allow orders -- postgres -D data',
        ],
        next: 'themis call NAME / --as OTHER, to see it answer; docs/guides/sidecar.md for all it does.',
      }),
    },
  }),
};
