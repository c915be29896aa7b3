/** Programs beside a sidecar, its configuration, and what it refuses. */
export const PROGRAM_ERRORS = {
  THEMIS_CONFIG_INVALID: {
    summary: 'The configuration is not valid',
    remedy: 'Correct what is named. Nothing was started or changed.',
    retryable: false,
  },
  THEMIS_USAGE: {
    summary: 'The command cannot be understood',
    remedy: 'Add --help to the command: it says what it takes.',
    retryable: false,
  },
  THEMIS_PORT_IN_USE: {
    summary: 'The port is already in use',
    remedy: 'Choose another port, or stop the program that listens there.',
    retryable: false,
  },
  THEMIS_COMMAND_NOT_FOUND: {
    summary: 'The program to run was not found',
    remedy: 'Check its name and PATH; after `--` stands the command as in a shell.',
    retryable: false,
  },
  THEMIS_APP_SILENT: {
    summary: 'The program does not answer on its port',
    remedy: 'Check that it listens on the port given with --port, and how long it takes to start.',
    retryable: true,
  },
  THEMIS_APP_BROKE_OFF: {
    summary: 'The program did not answer, or broke off its answer',
    remedy: 'See the output of the program: it may have stopped, or have closed the connection.',
    retryable: false,
  },
  THEMIS_APP_GAVE_UP: {
    summary: 'A program ended again and again and is not started any more',
    remedy: 'See its last output, correct its command or its configuration, and start it again.',
    retryable: false,
  },
  THEMIS_ALREADY_RUNNING: {
    summary: 'It runs already for this Themis home',
    remedy: 'Use the one that runs, stop it first, or point THEMIS_HOME at another home.',
    retryable: false,
  },
  THEMIS_NOT_READY: {
    summary: 'The service is starting or stopping and takes no requests',
    remedy: 'Try again in a moment, or call another instance.',
    retryable: true,
  },
  THEMIS_REQUEST_REFUSED: {
    summary: 'The request could be read in more than one way, or is not for here',
    remedy: 'Correct what is named; the sidecar passes on only what has one meaning.',
    retryable: false,
  },
  THEMIS_REQUEST_DENIED: {
    summary: 'The policy of the service does not allow the request',
    remedy: 'Ask whoever owns the service; its log names the rule, and `themis policy explain` says why.',
    retryable: false,
  },
  THEMIS_EGRESS_FAILED: {
    summary: 'The host outside the mesh could not be reached, or broke off',
    remedy: 'Check its name and port, and that it can be reached from this machine.',
    retryable: true,
  },
  THEMIS_EGRESS_DENIED: {
    summary: 'The host is no service of the mesh, and egress to it is not allowed',
    remedy: 'Allow the host in `egress`, or call a service by its mesh name.',
    retryable: false,
  },
  THEMIS_PROXY_CREDENTIAL: {
    summary: 'The proxy credential is missing or wrong',
    remedy: 'Use the HTTP_PROXY that the sidecar gives to its program; it is made anew at each start.',
    retryable: false,
  },
} as const;
