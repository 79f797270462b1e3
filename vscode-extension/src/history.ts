// The history view's rows: the server's `liveline/history`, in words.
import { milliseconds, type Clock } from "./status";

/** The answer of `liveline/history`. */
export interface History {
  readonly libraries: readonly LibraryHistory[];
}

export interface LibraryHistory {
  readonly library: string;
  /** What engines are to run; zero before the first. */
  readonly told: number;
  /** Newest first. */
  readonly generations: readonly Generation[];
}

export interface Generation {
  readonly generation: number;
  readonly trigger: "initial" | "save" | "watch" | "command" | "undo";
  readonly atUnixMicros?: number;
  readonly buildMicros: number;
  readonly saveToLiveMicros?: number;
  readonly speculated?: boolean;
  readonly unsaved?: boolean;
  readonly outcome?: "applied" | "refused" | "restored" | "crashed";
  readonly reason?: string;
  /** The engines that run it now. */
  readonly runsIn?: readonly string[];
}

/** The answer of `liveline/sources`. */
export interface Sources {
  readonly files: readonly { readonly path: string; readonly differs: boolean }[];
}

/** One line of the tree. */
export interface Row {
  /** The same from one refresh to the next. */
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly tooltip: string;
  readonly icon: string;
  readonly colour?: string;
  readonly of: Place;
  readonly children: readonly Row[];
  readonly isOpen: boolean;
  /** What its menu is chosen by. */
  readonly kind: "library" | "generation" | "told";
}

/** What a row is about. */
export interface Place {
  readonly library: string;
  readonly generation: number;
}

/** The library that was built last comes first. */
export function rows({ libraries }: History, clock: Clock): Row[] {
  const built = libraries.filter(({ generations }) => generations.length > 0);
  const newest = ({ generations }: LibraryHistory): number => Math.max(...generations.map((one) => one.atUnixMicros ?? 0));
  return built.sort((one, other) => newest(other) - newest(one)).map((library) => libraryRow(library, clock));
}

// Whether the editor or the file system tells of a save first is a matter of luck.
const TRIGGERS = { initial: "start", save: "save", watch: "save", command: "command", undo: "undo" };

function libraryRow({ library, told, generations }: LibraryHistory, clock: Clock): Row {
  const running = generations.filter(({ runsIn }) => (runsIn ?? []).length > 0).map(({ generation }) => generation);
  const words = running.length === 0 ? "no engine runs it" : `${running.length === 1 ? "generation" : "generations"} ${running.join(" and ")} ${running.length === 1 ? "runs" : "run"}`;
  return {
    id: library,
    label: library,
    description: words,
    tooltip: `${library}: ${words}`,
    icon: "library",
    of: { library, generation: told },
    children: generations.map((generation) => generationRow(library, generation, generation.generation === told, clock)),
    // What nobody has changed need not be seen.
    isOpen: generations.some(({ trigger }) => trigger !== "initial"),
    kind: "library",
  };
}

function generationRow(library: string, one: Generation, isTold: boolean, clock: Clock): Row {
  const { generation, trigger, atUnixMicros, saveToLiveMicros } = one;
  const when = atUnixMicros === undefined ? [] : [clock(atUnixMicros)];
  const live = saveToLiveMicros === undefined ? [] : [milliseconds(saveToLiveMicros)];
  const said = verdict(one);
  const description = [said.short, ...when, ...live, TRIGGERS[trigger]].filter((word) => word !== "");
  const build = one.speculated === true ? "built before the save" : `built in ${milliseconds(one.buildMicros)}`;
  const long = [
    `Generation ${generation} of ${library}`,
    said.long,
    [`Began with: ${TRIGGERS[trigger]}`, ...when, build].join(", "),
    ...(saveToLiveMicros === undefined ? [] : [`Live ${milliseconds(saveToLiveMicros)} after the save`]),
    ...(one.unsaved === true ? ["Its text was never saved"] : []),
  ];
  return {
    id: `${library} ${generation}`,
    label: `Generation ${generation}`,
    description: description.join(" · "),
    tooltip: long.join("\n"),
    icon: said.icon,
    ...(said.colour === undefined ? {} : { colour: said.colour }),
    of: { library, generation },
    children: [],
    isOpen: false,
    kind: isTold ? "told" : "generation",
  };
}

interface Verdict {
  readonly short: string;
  readonly long: string;
  readonly icon: string;
  readonly colour?: string;
}

function verdict({ outcome, reason, runsIn }: Generation): Verdict {
  const engines = runsIn ?? [];
  const why = reason === undefined ? "" : `: ${reason}`;
  // Where engines differ, the worst is told beside where it runs.
  const also = engines.length > 0 ? `. It runs in ${engines.join(" and ")}` : "";
  switch (outcome) {
    case "refused":
      return { short: "refused", long: `Refused${why}${also}`, icon: "circle-slash", colour: "list.warningForeground" };
    case "restored":
      return { short: "taken back", long: `Taken back${why}${also}`, icon: "discard", colour: "list.warningForeground" };
    case "crashed":
      return { short: "crashed", long: `Crashed${why}${also}`, icon: "error", colour: "list.errorForeground" };
    case "applied":
    case undefined:
      break;
  }
  if (engines.length > 0) {
    return { short: "runs", long: `Runs in ${engines.join(" and ")}`, icon: "play-circle", colour: "testing.iconPassed" };
  }
  return outcome === "applied"
    ? { short: "", long: "Ran before", icon: "check" }
    : { short: "", long: "No engine has run it since the server's start", icon: "circle-outline" };
}

/** Where a file's text of a generation is found: the query of a `liveline-history:` URI. */
export function query({ library, generation }: Place): string {
  return new URLSearchParams({ library, generation: String(generation) }).toString();
}

/** What such a query says; nothing if it is none. */
export function place(text: string): Place | undefined {
  const fields = new URLSearchParams(text);
  const [library, generation] = [fields.get("library"), Number(fields.get("generation") ?? Number.NaN)];
  return library !== null && Number.isInteger(generation) ? { library, generation } : undefined;
}
