// Whether to offer that Liveline's build takes the place of rust-analyzer's check-on-save.

/** What decides it. */
export interface Beside {
  /** Whether rust-analyzer is installed and enabled. */
  readonly isThere: boolean;
  /** Its `rust-analyzer.checkOnSave`; older versions have an object. */
  readonly checkOnSave: unknown;
  /** How many script libraries the workspace has. */
  readonly libraries: number;
  /** Liveline's own `liveline.diagnostics`. */
  readonly diagnostics: string;
  /** Whether it was asked in this workspace before, or is never to be asked. */
  readonly wasAsked: boolean;
}

export function shouldOffer({ isThere, checkOnSave, libraries, diagnostics, wasAsked }: Beside): boolean {
  return isThere && checks(checkOnSave) && libraries > 0 && diagnostics !== "off" && !wasAsked;
}

export const OFFER =
  "rust-analyzer runs cargo check at every save, and Liveline builds the scripts at the same time: each error can show twice. " +
  "Let Liveline's build serve instead? In this workspace, crates that are no script library then show only what rust-analyzer finds without cargo.";
export const ACCEPT = "Use Liveline's Build";
export const KEEP = "Keep Both";
export const NEVER = "Don't Ask Again";

function checks(setting: unknown): boolean {
  return typeof setting === "object" && setting !== null && "enable" in setting ? setting.enable !== false : setting !== false;
}
