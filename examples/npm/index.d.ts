/// <reference lib="esnext.disposable" />

/** A time: a Date, or a text as `2024-05-01T00:00:00Z`. A fraction of a second is cut off. */
export type Time = Date | string;

/** What a run printed: text in UTF-8, or bytes. A Buffer is one. */
export type Output = string | Uint8Array;

/** A status of a run. */
export type RunStatus = EndStatus | "Pending" | "Scheduled" | "Running" | "Stopping";

/** A status with which a run ends. */
export type EndStatus =
  | "Success"
  | "Failed"
  | "Invalid"
  | "Aborted"
  | "Error"
  | "Timeout"
  | "Cancelled"
  | "Terminated";

/** The options of {@link Emulator.start}. */
export interface StartOptions {
  /**
   * Flags of the emulator, one element for each argument: `["--auto-complete", "0"]`. Without
   * `--listen` it takes a free port of 127.0.0.1.
   */
  flags?: readonly (string | number)[];
  /** Milliseconds until the emulator must be ready; 30,000 if not given. */
  timeout?: number;
}

/** Values for the `Config` of an official SDK, by the names of its fields. */
export interface SdkConfig {
  accessKeyId: string;
  accessKeySecret: string;
  /** `HOST:PORT`. */
  endpoint: string;
  /** `http`; with the flag `--tls` it is `https`. */
  protocol: string;
  regionId: string;
}

/** A change of a run. An absent field leaves the run's value as it is. */
export interface RunFields {
  invocationStatus?: RunStatus;
  exitCode?: number;
  /** Replaces the output. */
  output?: Output;
  /** Is added to the output; not beside `output`. */
  append?: Output;
  /** Bytes of output that were lost before. */
  dropped?: number;
  repeats?: number;
  /** The time of the change; that of the store if not given. */
  time?: Time;
  /** `""` unsets it. */
  startTime?: Time;
  /** `""` unsets it. */
  finishTime?: Time;
  /** `""` unsets it. */
  stopTime?: Time;
  errorCode?: string;
  errorInfo?: string;
  /** Ends the execution of a recurring task with this status, and schedules the next one. */
  reschedule?: boolean;
}

/** A step of an outcome. */
export interface Step extends RunFields {
  /** Milliseconds before the change, 0 to 86,400,000. */
  delayMs?: number;
}

/** The last step of an outcome. */
export interface Result extends Step {
  invocationStatus: EndStatus;
}

/** The runs that an outcome is for: those that fit each given field, or with `default` all others. */
export interface RunChoice {
  commandId?: string;
  commandName?: string;
  instanceId?: string;
  /** The whole content, as text. */
  commandContent?: string;
  /** The form of the content; `*` stands for any characters. */
  contentPattern?: string;
  /** `true`, in place of the others: runs that fit no other outcome. */
  default?: boolean;
  /** The number of runs that get the outcome, from 1; all if not given. */
  times?: number;
}

/** How runs go that are accepted from now on: by `result`, or by `steps`. */
export type Outcome = RunChoice &
  (
    | {
        /** The last change alone; the run becomes `Running` before it. */
        result: Result;
        steps?: undefined;
      }
    | {
        /** Up to 100 changes. The run begins `Pending`. */
        steps: readonly Step[];
        result?: undefined;
      }
  );

/** A fault of later requests of the API. `code` and `cut` exclude each other. */
export interface Fault {
  /** The action that it is for, as `RunCommand`; every one if not given. */
  action?: string;
  /** An instance that the request names. */
  instanceId?: string;
  /** The first request that can be hit, counted from 1 among those that fit. */
  from?: number;
  /** The number of requests that are hit, from 1; all if not given. */
  times?: number;
  /** The chance of each request to be hit, above 0 and at most 1. */
  probability?: number;
  /** Milliseconds before anything else, 0 to 3,600,000. */
  delayMs?: number;
  /** The code of the error that is the answer. */
  code?: string;
  /** The HTTP status of that error. Needed for a code that the emulator does not know. */
  status?: number;
  /** The message of that error. */
  message?: string;
  /** When the connection is closed. */
  cut?: "BeforeAction" | "AfterAction" | "HalfAnswer";
}

/** A fault and its counts. */
export interface CountedFault extends Fault {
  /** The number of requests that fitted. */
  matched: number;
  /** The number of requests that were hit. */
  hits: number;
}

/** The records of a capture that were accepted. */
export interface Loaded {
  loaded: number;
  /** Records that were too old, or the oldest of a full store. */
  notRetained: number;
}

/** The state of the emulator. */
export interface Health {
  status: "ok";
  /** The number of accounts. */
  stores: number;
  /** The saves of `--archive`; null without it. */
  archive: null | {
    /** Whether anything changed since the last save. */
    unsaved: boolean;
    lastSave: null | { secondsAgo: number; seconds: number; bytes: number };
    /** Why the latest save failed. */
    error: string | null;
  };
}

/** A status change of a run, in the form of EventBridge. Times are texts, `""` if unset. */
export interface TaskData {
  commandId: string;
  commandName: string;
  exitCode: string;
  finishTime: string;
  instanceId: string;
  invocationStatus: RunStatus;
  invokeId: string;
  repeatMode: string;
  repeats: string;
  startTime: string;
  errorCode: string;
  errorDesc: string;
}

/** A status change of a run, in the form of Cloud Monitor. */
export interface CloudMonitorData {
  commandId: string;
  commandName: string;
  exitCode?: number;
  finishTime: string;
  instanceId: string;
  invocationStatus: RunStatus;
  invokeId: string;
  ownerId: number;
  playerUid: number;
  repeatMode: string;
  repeats: number;
  startTime: string;
  errorCode?: string;
  errorDesc?: string;
}

/** The accounts that the form of Cloud Monitor has in its data. */
export interface CloudMonitorForm {
  form: "CloudMonitor";
  playerUid: number;
  ownerId: number;
}

/**
 * An event: `task` for a change that the service publishes too, else `progress`; `missed` with the
 * number of events that were lost because they were read too slowly.
 */
export type RunEvent<Data = TaskData> =
  | { event: "task" | "progress"; data: Data }
  | { event: "missed"; data: { missed: number } };

/** An open stream of events. Leaving its loop closes it, and so does `return()`. */
export interface Events<Data = TaskData> extends AsyncIterableIterator<RunEvent<Data>> {
  return(): Promise<IteratorResult<RunEvent<Data>>>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * An account of an emulator: a store of records, with the control requests of the emulator. Each
 * method rejects with an {@link EmulatorError} if the emulator refuses the request or has ended. A
 * refused request changes nothing.
 */
export class Account {
  protected constructor(...internal: never);

  /** `http://HOST:PORT`. */
  readonly url: string;
  /** `HOST:PORT`. */
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** `cn-hangzhou`. */
  readonly regionId: string;

  /** The values for the `Config` of an official SDK, to talk to this account. */
  sdkConfig(): SdkConfig;

  /**
   * Empties the account: records, outcomes, faults, commands, ClientTokens, listed instances. With
   * `now` its clock stands at that time afterwards. Ends its streams of events.
   */
  reset(now?: Time): Promise<void>;

  /** Sets the clock, which never goes back, and executes what is due. Returns the store's time. */
  setClock(time: Time): Promise<string>;

  /** Moves the clock forward, and executes what is due. Returns the store's time. */
  advanceClock(seconds: number): Promise<string>;

  /**
   * Accepts the records of a captured answer of DescribeInvocations, all or none. The answer has the
   * API's own names, as an object or as JSON; that of the SDK is `response.body.toMap()`.
   */
  loadRecords(capture: object | string): Promise<Loaded>;

  /** Changes a run. */
  updateRun(invokeId: string, instanceId: string, fields: RunFields): Promise<void>;

  /**
   * Lists the instances that there are, by an answer of DescribeInstances in the API's own names, in
   * place of those listed before. Returns their number.
   */
  listInstances(answer: object | string): Promise<number>;

  /** Reboots an instance. Returns the number of executions that begin by it. */
  reboot(instanceId: string): Promise<number>;

  /** Tells how runs go that are accepted from now on. */
  addOutcome(outcome: Outcome): Promise<void>;

  /** Spoils requests of the API from now on. */
  addFault(fault: Fault): Promise<void>;

  /** The faults in the order in which they were added, with their counts. */
  faults(): Promise<CountedFault[]>;

  /** Removes all faults. */
  clearFaults(): Promise<void>;

  /**
   * Opens the stream of status changes of this account's runs. It has all changes that are made after
   * the promise is fulfilled. An open stream keeps the process alive.
   */
  events(): Promise<Events>;
  events(form: CloudMonitorForm): Promise<Events<CloudMonitorData>>;

  /** Asks whether the emulator is alive. */
  health(): Promise<Health>;
}

/** An account of its own: its records are seen by nobody else. */
export class OwnAccount extends Account {
  /**
   * Resets the account and gives it back, so that a later `account()` takes it again. Ends its
   * streams of events. From the first call on the account takes no other request.
   */
  release(): Promise<void>;

  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A running emulator. It is itself the account that all ordinary access keys share. It ends with this
 * process, however that ends, and does not keep it alive.
 */
export class Emulator extends Account {
  /**
   * Starts an emulator, and waits until it listens. Rejects with an {@link EmulatorError}, which has
   * the emulator's own lines, if it does not start; it is then ended.
   */
  static start(options?: StartOptions): Promise<Emulator>;

  private constructor();

  /** The id of its process. */
  readonly pid: number;

  /** The URL of its proxy, with the flag `--proxy`. */
  readonly proxy: string | undefined;

  /**
   * The latest 1,000 lines that it wrote to standard error: one for each error of the API, and with
   * the flag `--log text` one for each request. The last ones may not have come yet.
   */
  readonly log: string[];

  /** The place in the log behind all requests that were answered, for `logAfter`. */
  logPosition(): Promise<number>;

  /** The lines of all requests that were answered since `logPosition` returned this place. */
  logAfter(position: number): Promise<string[]>;

  /**
   * An account of its own, the first free one of 1000000000000001 and the following ones. There are
   * 999 at a time: release an account after its use.
   */
  account(): OwnAccount;

  /**
   * Ends the emulator as SIGTERM does, and after 10 seconds by SIGKILL. Rejects with an
   * {@link EmulatorError} if it did not end well, as when `--archive` cannot be saved. Only the first
   * call does so; others wait for the end.
   */
  stop(): Promise<void>;

  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * The error of a start, an end or a control request. Its message has all that is known: of a refused
 * request the code, the message and the detail, else the emulator's lines on standard error.
 */
export class EmulatorError extends Error {
  private constructor();

  /** The API's code of a refused request, as `InvalidBody`. */
  readonly code?: string;
  /** The given and the allowed values of a refused request, which is the Recommend of the answer. */
  readonly detail?: string;
  /** The HTTP status of a refused request. */
  readonly status?: number;
}
