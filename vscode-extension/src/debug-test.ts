// What a debugger is told to debug one test. Knows nothing of VS Code.

/** The argument of the lens `debug`, from the server. */
export interface TestStart {
  test: string;
  program: string;
  arguments: string[];
  folder: string;
  environment: Record<string, string>;
}

export const CODELLDB = "vadimcn.vscode-lldb";
export const CPPTOOLS = "ms-vscode.cpptools";
export const NO_DEBUGGER =
  "No debugger for Rust is installed. Install CodeLLDB (vadimcn.vscode-lldb) or the C/C++ extension (ms-vscode.cpptools).";

/** A launch configuration for whichever debugger is there, CodeLLDB first: it shows Rust's values best. */
export function debugConfiguration(start: TestStart, isThere: (extension: string) => boolean): ({ type: string } & Record<string, unknown>) | undefined {
  const common = {
    name: start.test,
    request: "launch",
    program: start.program,
    args: start.arguments,
    cwd: start.folder,
  };
  if (isThere(CODELLDB)) {
    return { type: "lldb", ...common, env: start.environment, sourceLanguages: ["rust"] };
  }
  if (isThere(CPPTOOLS)) {
    const environment = Object.entries(start.environment).map(([name, value]) => ({ name, value }));
    return { type: "cppdbg", ...common, environment, MIMode: "gdb" };
  }
  return undefined;
}

/** Whether it is what the server sends: any extension can call a command. */
export function isTestStart(value: unknown): value is TestStart {
  const start = value as Partial<TestStart> | null | undefined;
  return (
    typeof start?.test === "string" &&
    typeof start.program === "string" &&
    typeof start.folder === "string" &&
    Array.isArray(start.arguments) &&
    typeof start.environment === "object"
  );
}
