// What `liveline bench --json` says: its report, its progress, and the page that shows them.

/** As `liveline bench --json` writes it; times are microseconds. */
export interface Report {
  readonly rustc: string;
  readonly processors: number;
  readonly profile: string;
  readonly scripts: readonly Script[];
}

export interface Script {
  readonly library: string;
  readonly file: string;
  readonly lines: number;
  readonly measures: readonly Measure[];
  readonly stages: readonly Stages[];
  readonly answer?: { readonly sentence: string } | null;
}

export interface Measure extends Statistics {
  readonly name: string;
  /** How many of the samples found the text built before the save. */
  readonly speculated?: number;
  readonly samples: readonly number[];
}

export interface Statistics {
  readonly p50Micros: number;
  readonly p95Micros: number;
}

export interface Stages {
  readonly loader: string;
  readonly detect: Statistics;
  readonly frontEnd: Statistics;
  readonly codegen: Statistics;
  readonly link: Statistics;
  readonly announce: Statistics;
  readonly load: Statistics;
  readonly swap: Statistics;
}

/** How far a run is, from a line of its standard error. */
export function progress(line: string): { readonly message: string; readonly done?: number } {
  const round = /^(.+): round (\d+) of (\d+)$/.exec(line.trim());
  if (!round) {
    return { message: line.trim() };
  }
  const [, library, number, all] = round;
  // Round 0 fills the caches.
  return { message: `${library}: round ${number} of ${all}`, done: Number(number) / (Number(all) + 1) };
}

/** What stands in the report, if it is one that this extension knows. */
export function parse(text: string): Report | undefined {
  try {
    const value = JSON.parse(text) as Partial<Report> & { version?: number };
    return value.version === 1 && Array.isArray(value.scripts) ? (value as Report) : undefined;
  } catch {
    return undefined;
  }
}

const PARTS = [
  ["detect", "notice the save"],
  ["frontEnd", "compiler: read and check"],
  ["codegen", "compiler: make code"],
  ["link", "link"],
  ["announce", "tell the engine"],
  ["load", "load"],
  ["swap", "swap at the next frame"],
] as const;

/** The whole page. It has no script and loads nothing. */
export function page(report: Report, nonce: string): string {
  const scripts = report.scripts.map(section).join("\n");
  const none = `<p>No script has a function that could be edited, so nothing was measured.</p>`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-${nonce}'">
<title>Which Is Faster?</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<h1>Which is faster?</h1>
<p class="quiet">${escape(report.rustc)}, ${count(report.processors, "processor")}, profile ${escape(report.profile)}. Medians of the time from a save to running code, or to the end of the command; a shorter bar is better.</p>
${report.scripts.length === 0 ? none : scripts}
<p><a href="command:liveline.bench">Measure again</a></p>
</body>
</html>`;
}

function section(script: Script): string {
  const fastest = Math.min(...script.measures.map(({ p50Micros }) => p50Micros));
  const longest = Math.max(...script.measures.map(({ p50Micros }) => p50Micros), 1);
  const lines = script.measures.map((one) => measure(one, fastest, longest)).join("\n");
  const answer = script.answer ? `<p class="answer">${escape(script.answer.sentence)}</p>` : "";
  return `<h2>${escape(script.library)} <span class="quiet">${escape(script.file)}, ${count(script.lines, "line")}</span></h2>
${answer}
<table>
<thead><tr><th scope="col">way</th><th scope="col" class="number">median</th><th scope="col" class="number">95 of 100</th><th scope="col"><span class="quiet">beside the fastest</span></th></tr></thead>
<tbody>
${lines}
</tbody>
</table>
${stages(script.stages)}`;
}

function measure(one: Measure, fastest: number, longest: number): string {
  const isFastest = one.p50Micros === fastest;
  const share = ((one.p50Micros / longest) * 100).toFixed(2);
  const ratio = isFastest ? "fastest" : `${(one.p50Micros / Math.max(fastest, 1)).toFixed(1)} ×`;
  const ahead = one.speculated === undefined ? "" : ` <span class="quiet">${one.speculated} of ${one.samples.length} were ready</span>`;
  return `<tr${isFastest ? ' class="fastest"' : ""}><th scope="row">${escape(one.name)}${ahead}</th>
<td class="number">${time(one.p50Micros)}</td><td class="number">${time(one.p95Micros)}</td>
<td><svg class="bar" role="img" aria-label="${ratio}"><rect width="${share}%" height="100%" rx="2"/></svg><span class="ratio">${ratio}</span></td></tr>`;
}

function stages(all: readonly Stages[]): string {
  if (all.length === 0) {
    return "";
  }
  const names: Record<string, string> = { dylib: "A: shared library", object: "B: objects" };
  const head = all.map(({ loader }) => `<th scope="col" class="number">${escape(names[loader] ?? loader)}</th>`).join("");
  const lines = PARTS.map(([part, words]) => {
    const cells = all.map((one) => `<td class="number">${time(one[part].p50Micros)}</td>`).join("");
    return `<tr><th scope="row">${words}</th>${cells}</tr>`;
  });
  return `<h3>Where the time of a save goes that was not built ahead</h3>
<table class="stages">
<thead><tr><th scope="col">part</th>${head}</tr></thead>
<tbody>
${lines.join("\n")}
</tbody>
</table>`;
}

function time(micros: number): string {
  const digits = micros < 1000 ? 2 : micros < 100_000 ? 1 : 0;
  return `${(micros / 1000).toFixed(digits)} ms`;
}

function count(number: number, what: string): string {
  return number === 1 ? `1 ${what}` : `${number} ${what}s`;
}

function escape(text: string): string {
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (letter) => names[letter] ?? letter);
}

const STYLE = `
body { color: var(--vscode-foreground); font-family: var(--vscode-font-family); font-size: var(--vscode-font-size); max-width: 60em; padding: 0 1.5em 1em; }
h1 { font-size: 1.6em; font-weight: 600; margin-bottom: 0.3em; }
h2 { font-size: 1.25em; font-weight: 600; margin: 1.4em 0 0.3em; }
h3 { font-size: 1em; font-weight: 600; margin: 1.4em 0 0.3em; }
.quiet { color: var(--vscode-descriptionForeground); font-weight: normal; font-size: 0.95em; }
.answer { border-left: 3px solid var(--vscode-charts-green); padding: 0.2em 0.8em; }
table { border-collapse: collapse; width: 100%; }
table.stages { width: auto; }
th, td { border-bottom: 1px solid var(--vscode-editorWidget-border, var(--vscode-panel-border)); font-weight: normal; padding: 0.35em 1.2em 0.35em 0; text-align: left; }
thead th { color: var(--vscode-descriptionForeground); }
.number { font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap; }
td:last-child { min-width: 14em; white-space: nowrap; }
.stages td:last-child { min-width: 0; }
.bar { display: inline-block; height: 0.8em; vertical-align: middle; width: 10em; }
.bar rect { fill: var(--vscode-charts-blue); }
.fastest { font-weight: 600; }
.fastest th, .fastest td { font-weight: 600; }
.fastest .bar rect { fill: var(--vscode-charts-green); }
.ratio { margin-left: 0.8em; }
a { color: var(--vscode-textLink-foreground); }
`;
