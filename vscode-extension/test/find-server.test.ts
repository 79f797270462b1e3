// Where the server is looked for, in which order, and what is said when it is nowhere.
import assert from "node:assert/strict";
import { test } from "node:test";
import { findServer, type Surroundings } from "../src/find-server";

const LINUX: Surroundings = {
  setting: "",
  extension: "/ext",
  workspace: "/game",
  home: "/home/ann",
  searchPath: "/usr/bin::/opt/bin",
  platform: "linux",
};
const WINDOWS: Surroundings = {
  ...LINUX,
  extension: "C:\\ext",
  home: "C:\\Users\\ann",
  searchPath: "C:\\bin;D:\\tools",
  platform: "win32",
};

function check(around: Surroundings, there: string[], expected: string | undefined): void {
  const found = findServer(around, (file) => there.includes(file));
  assert.equal(found.found ? found.program : undefined, expected);
}

const EXTENSION = "/ext/server/liveline";
const ON_PATH = "/opt/bin/liveline";
const CARGO = "/home/ann/.cargo/bin/liveline";

test("the bundled server goes before the PATH, and the PATH before cargo's folder", () => {
  check(LINUX, [CARGO, ON_PATH, EXTENSION], EXTENSION);
  check(LINUX, [CARGO, ON_PATH], ON_PATH);
  check(LINUX, [CARGO], CARGO);
});

test("an empty part of the PATH is not the working directory", () => {
  check(LINUX, ["liveline", "/liveline"], undefined);
});

test("the setting goes before all, with ~ and ${workspaceFolder} filled in", () => {
  check({ ...LINUX, setting: "~/l" }, ["/home/ann/l", EXTENSION], "/home/ann/l");
  check({ ...LINUX, setting: "${workspaceFolder}/t/liveline" }, ["/game/t/liveline"], "/game/t/liveline");
});

test("a setting that names nothing is an error, not a reason to look elsewhere", () => {
  const found = findServer({ ...LINUX, setting: "/nowhere/liveline" }, (file) => file === EXTENSION);
  assert.ok(!found.found);
  assert.match(found.message, /liveline\.server\.path names \/nowhere\/liveline/);
});

test("on Windows the program ends in .exe and paths are Windows paths", () => {
  check(WINDOWS, ["D:\\tools\\liveline.exe"], "D:\\tools\\liveline.exe");
  check(WINDOWS, ["C:\\ext\\server\\liveline.exe"], "C:\\ext\\server\\liveline.exe");
});

test("a missing server says how to get one", () => {
  const found = findServer(LINUX, () => false);
  assert.ok(!found.found);
  assert.match(found.message, /cargo install liveline-server/);
});
