"""What binutils' linker writes for each relocation of the objects here: `python3 expect.py > expected.txt`.

Needs binutils for AArch64. Each line: relocation, S, A, P, the symbol's slot, the slot table, the bytes before and after.
"""
import struct
import subprocess

DYNAMIC = {1025: "slot", 1030: "initial", 1031: "descriptor", 1028: "general"}
KINDS = {311: "slot", 312: "slot", 309: "slot", 313: "slot"}
KINDS |= dict.fromkeys(range(560, 565), "descriptor") | dict.fromkeys(range(541, 544), "initial")
KINDS |= dict.fromkeys(range(512, 515), "general")


class Elf:
    def __init__(self, path):
        self.data = open(path, "rb").read()
        offset, = struct.unpack_from("<Q", self.data, 40)
        size, count, names = struct.unpack_from("<HHH", self.data, 58)
        keys = ("name", "type", "flags", "addr", "offset", "size", "link", "info", "align", "entsize")
        unpack = lambda i: struct.unpack_from("<IIQQQQIIQQ", self.data, offset + i * size)
        self.sections = [dict(zip(keys, unpack(i))) for i in range(count)]

    def bytes(self, section):
        return self.data[section["offset"]:section["offset"] + section["size"]]

    def symbols(self, table):
        names = self.bytes(self.sections[table["link"]])
        for at in range(0, table["size"], 24):
            name, _, _, section, value, _ = struct.unpack_from("<IBBHQQ", self.data, table["offset"] + at)
            yield names[name:names.index(0, name)].decode(), section, value

    def relocations(self):
        for section in (s for s in self.sections if s["type"] == 4):
            symbols = list(self.symbols(self.sections[section["link"]]))
            for at in range(0, section["size"], 24):
                offset, info, addend = struct.unpack_from("<QQq", self.data, section["offset"] + at)
                yield section["info"], offset, info & 0xFFFFFFFF, symbols[info >> 32], addend

    def at(self, address):
        for s in self.sections:
            if s["type"] == 1 and s["flags"] & 2 and s["addr"] <= address < s["addr"] + s["size"]:
                start = s["offset"] + address - s["addr"]
                return self.data[start:start + 8].ljust(8, b"\0")
        return b"\0" * 8


def run(*command):
    subprocess.run(command, check=True)


def expect(name, flags):
    for part in name:
        run("aarch64-linux-gnu-as", "-o", f"{part}.o", f"{part}.s")
    run("aarch64-linux-gnu-ld", *flags, "-o", "linked", *(f"{part}.o" for part in name))
    linked, source = Elf("linked"), Elf(f"{name[0]}.o")
    run("rm", "linked")
    final = {n: v for s in linked.sections if s["type"] == 2 for n, section, v in linked.symbols(s) if section}
    slots = {}
    for _, offset, kind, (symbol, _, _), _ in linked.relocations():
        slots[DYNAMIC.get(kind), symbol] = offset
    starts = {}
    for section in (s for s in source.sections if s["type"] == 2):
        for symbol, index, value in source.symbols(section):
            if value == 0 and symbol in final and 0 < index < 0xFF00:
                starts[index] = final[symbol]
    for section, offset, kind, (symbol, index, value), addend in source.relocations():
        slot = slots.get((KINDS.get(kind), symbol))
        if (kind in KINDS and slot is None) or (kind not in KINDS and symbol not in final):
            continue
        place = starts[section] + offset
        before = (source.bytes(source.sections[section])[offset:offset + 8]).ljust(8, b"\0")
        numbers = (final.get(symbol, 0), addend, place, slot or 0, final.get("_GLOBAL_OFFSET_TABLE_", 0))
        print(kind, *(f"{n & (1 << 64) - 1:x}" for n in numbers), before.hex(), linked.at(place).hex())


expect(["direct"], ["-shared", "-z", "now"])
expect(["slots"], ["-shared", "-z", "now", "--no-relax"])
expect(["parts", "values"], ["-e", "0"])
