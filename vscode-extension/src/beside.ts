// Whether to offer that Liveline's build takes the place of what rust-analyzer shows of errors.

/** What decides it. */
export interface Beside {
  /** Whether rust-analyzer is installed and enabled. */
  readonly isThere: boolean;
  /** Its `rust-analyzer.checkOnSave`; older versions have an object. */
  readonly checkOnSave: unknown;
  /** Its `rust-analyzer.diagnostics.enable`: what it finds without cargo. */
  readonly analysis: unknown;
  /** How many script libraries the workspace has. */
  readonly libraries: number;
  /** Liveline's own `liveline.diagnostics`. */
  readonly diagnostics: string;
  /** Whether it was asked in this workspace before, or is never to be asked. */
  readonly wasAsked: boolean;
}

export function shouldOffer({ isThere, checkOnSave, analysis, libraries, diagnostics, wasAsked }: Beside): boolean {
  return isThere && (checks(checkOnSave) || analysis !== false) && libraries > 0 && diagnostics !== "off" && !wasAsked;
}

/** What leaves errors to Liveline, below `rust-analyzer`. */
export const LEAVES_ERRORS = { checkOnSave: false, "diagnostics.enable": false };

export const OFFER =
  "rust-analyzer shows what it finds itself and what cargo check says at every save. Liveline builds the scripts anyway: each error can " +
  "show twice. Let Liveline's build serve instead? In this workspace, crates that no script needs then show no errors until they are built.";
export const ACCEPT = "Use Liveline's Build";
export const KEEP = "Keep Both";
export const NEVER = "Don't Ask Again";

function checks(setting: unknown): boolean {
  return typeof setting === "object" && setting !== null && "enable" in setting ? setting.enable !== false : setting !== false;
}
