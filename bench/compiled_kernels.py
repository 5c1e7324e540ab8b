# SPDX-License-Identifier: Apache-2.0
"""Kernels as nvcc and nvdisasm print them."""
import dataclasses
import math
import re


@dataclasses.dataclass
class Architecture:
    """What a multiprocessor has, and the most shared memory of a block, in bytes."""

    block_shared: int
    shared: int
    registers: int = 64 * 1024
    warps: int = 64
    blocks: int = 32


# Every block also takes 1 KB of shared memory for the system, and registers come in units of 256 to a warp.
ARCHITECTURES = {80: Architecture(163 * 1024, 164 * 1024), 90: Architecture(227 * 1024, 228 * 1024)}
RESERVED_SHARED = 1024
REGISTER_UNIT = 256
WARP_UNIT = 4


@dataclasses.dataclass
class Kernel:
    """A kernel; `threads` is 0 where nothing tells how it is launched."""

    symbol: str
    stack: int = 0
    spill_stores: int = 0
    spill_loads: int = 0
    registers: int = 0
    shared: int = 0
    threads: int = 0
    mma_share: float = 0

    @property
    def name(self):
        return name_of(self.symbol)

    def blocks_per_multiprocessor(self, arch):
        """How many blocks fit, by registers, shared memory and threads."""
        limit = ARCHITECTURES[arch]
        warps = math.ceil(self.threads / 32)
        warp_registers = math.ceil(self.registers * 32 / REGISTER_UNIT) * REGISTER_UNIT
        by_registers = limit.registers // warp_registers // WARP_UNIT * WARP_UNIT // warps
        by_shared = limit.shared // (self.shared + RESERVED_SHARED)
        return min(by_registers, by_shared, limit.warps // warps, limit.blocks)


def last_name(mangled):
    """The last of the names that stand one behind the other, and what follows."""
    name = ""
    rest = re.sub(r"^N?(S\d*_)?", "", mangled)
    while match := re.match(r"\d+", rest):
        length = int(match[0])
        name, rest = rest[match.end():match.end() + length], rest[match.end() + length:]
    return name, rest


def name_of(symbol):
    """The name of a mangled function without its namespaces, and that of the class that is its template argument."""
    name, rest = last_name(symbol[2:])
    argument = last_name(rest[1:])[0] if rest.startswith("I") else ""
    return f"{name}<{argument}>" if argument else name


def parse_resources(text):
    """The kernels that `nvcc --resource-usage` tells of, and how they are launched where a `launched_with` says so."""
    kernels, launches = {}, {}
    current = None
    for line in text.splitlines():
        if match := re.search(r"Compiling entry function '(\S+)'", line):
            if launch := re.match(r"_Z13launched_withIXadL_(Z\S+)EELi(\d+)ELm(\d+)EEvv$", match[1]):
                launches[without_substitutions("_" + launch[1])] = (int(launch[2]), int(launch[3]))
                current = None
            else:
                current = kernels[match[1]] = Kernel(match[1])
        elif current is None:
            continue
        elif match := re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", line):
            current.stack, current.spill_stores, current.spill_loads = map(int, match.groups())
        elif match := re.search(r"Used (\d+) registers", line):
            current.registers = int(match[1])
            if static := re.search(r"(\d+) bytes smem", line):
                current.shared = int(static[1])
    for kernel in kernels.values():
        if launch := launches.pop(without_substitutions(kernel.symbol), None):
            kernel.threads = launch[0]
            kernel.shared += launch[1]
    if launches:
        raise ValueError(f"launched_with names what is no kernel: {list(launches)}")
    return list(kernels.values())


def without_substitutions(symbol):
    """Names that were mangled inside others number their repetitions differently, and are compared without these."""
    return re.sub(r"S\d*_", "S_", symbol)


@dataclasses.dataclass
class Instruction:
    """An instruction: where it may go on to, by labels, and whether it goes on to the next."""

    opcode: str
    targets: list
    falls_through: bool


def parse_function(lines):
    """Instructions of one function of `nvdisasm -c`, and the index of the one behind every label."""
    instructions, labels = [], {}
    for line in lines:
        if match := re.match(r"(\.L\w+):", line):
            labels[match[1]] = len(instructions)
        elif match := re.match(r"\s+/\*[0-9a-f]+\*/\s+(@!?U?P\w+\s+)?([A-Z]\S*)\s*(.*?)\s*;", line):
            predicate, opcode, operands = match.groups()
            targets = [] if opcode.startswith("BSSY") else re.findall(r"`\((\.L\w+)\)", operands)
            kind = opcode.split(".")[0]
            jumps = kind in ("EXIT", "RET", "BRX") or (opcode in ("BRA", "BRA.U") and operands.startswith("`"))
            instructions.append(Instruction(opcode, targets, bool(predicate) or not jumps))
    return instructions, labels


def successors_of(instructions, labels):
    after = []
    for index, instruction in enumerate(instructions):
        next_ones = [labels[target] for target in instruction.targets if target in labels]
        if instruction.falls_through:
            next_ones.append(index + 1)
        after.append([n for n in next_ones if n < len(instructions)])
    return after


def dominators_of(after, before):
    """For every instruction that can be reached from the first, the set of those that all ways to it pass, as bits."""
    dominators = {0: 1}
    changed = True
    while changed:
        changed = False
        for index in range(1, len(after)):
            known = [dominators[b] for b in before[index] if b in dominators]
            if not known:
                continue
            common = known[0]
            for one in known[1:]:
                common &= one
            common |= 1 << index
            if dominators.get(index) != common:
                dominators[index] = common
                changed = True
    return dominators


class Loop:
    """A loop: its head, its instructions, and those that go back to the head."""

    def __init__(self, head):
        self.head = head
        self.body = {head}
        self.ends = []


def loops_of(after):
    """The loops, and the steps from instruction to instruction without those that go back to a head."""
    before = [[] for _ in after]
    for index, next_ones in enumerate(after):
        for n in next_ones:
            before[n].append(index)
    dominators = dominators_of(after, before)
    loops = {}
    onward = [[] for _ in after]
    for index, next_ones in enumerate(after):
        for head in next_ones:
            if index not in dominators or not dominators[index] >> head & 1:
                onward[index].append(head)
                continue
            loop = loops.setdefault(head, Loop(head))
            loop.ends.append(index)
            waiting = [index]
            while waiting:
                step = waiting.pop()
                if step not in loop.body and step in dominators:
                    loop.body.add(step)
                    waiting += before[step]
    return list(loops.values()), onward


def best_way_around(loop, onward, is_mma):
    """Of the ways around a loop that take most tensor core instructions, the shortest: these and all instructions."""
    order, seen = [], set()
    waiting = [(loop.head, False)]
    while waiting:
        step, done = waiting.pop()
        if done:
            order.append(step)
        elif step not in seen:
            seen.add(step)
            waiting.append((step, True))
            waiting += [(n, False) for n in onward[step] if n in loop.body]
    best = {loop.head: (int(is_mma[loop.head]), -1)}
    for step in reversed(order):
        for n in onward[step]:
            if n in loop.body:
                way = (best[step][0] + is_mma[n], best[step][1] - 1)
                best[n] = max(way, best.get(n, way))
    most, length = max(best[end] for end in loop.ends)
    return most, -length


def mma_share_of(lines):
    """The share of tensor core instructions on the way around the innermost loop that has most of them: a tile that no
    mask cuts, of aligned tensors. 0 without such a loop."""
    instructions, labels = parse_function(lines)
    is_mma = [instruction.opcode.split(".")[0] in ("HMMA", "HGMMA") for instruction in instructions]
    loops, onward = loops_of(successors_of(instructions, labels))
    ways = [best_way_around(loop, onward, is_mma) for loop in loops]
    most, length = max(ways, key=lambda way: (way[0], -way[1]), default=(0, 1))
    return most / length


def add_mma_shares(kernels, code):
    functions = {}
    for line in code.splitlines():
        if match := re.match(r"\.text\.(\S+):", line):
            lines = functions.setdefault(match[1], [])
        elif line.lstrip().startswith(".section"):
            lines = []
        elif functions:
            lines.append(line)
    for kernel in kernels:
        kernel.mma_share = mma_share_of(functions[kernel.symbol])
