# SPDX-License-Identifier: Apache-2.0
"""Rows of measurements, and the files that show them."""
import datetime
import json
import pathlib

PEERS = {"torch": "PyTorch", "onnxruntime": "ONNX Runtime", "openvino": "OpenVINO"}


def row_of(case, threads, milliseconds):
    """What a case took by participant. The ratio is headwise's time to that of the fastest other."""
    peers = {f"{peer}_ms": milliseconds.get(peer) for peer in PEERS}
    best = min((taken for taken in peers.values() if taken is not None), default=None)
    own = milliseconds.get("headwise")
    return {"case": case.name, "threads": threads, "headwise_ms": own, "peers": peers,
            "ratio_to_best": round(own / best, 3) if own and best else None}


def processor():
    """The processor's name and what it computes with; some machines have the name of a family alone."""
    fields = {}
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        fields.setdefault(name.strip(), value.strip())
    flags = fields.get("flags", "").split()
    has = [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if flag in flags]
    family = f"family {fields.get('cpu family')}, model {fields.get('model')}"
    return f"{fields.get('model name', 'unknown processor')} ({family}; {', '.join(has)})"


def heading(versions):
    """Where, when and with what."""
    names = ", ".join(f"{PEERS[peer]} {version}" for peer, version in versions.items())
    return f"{processor()}, {datetime.date.today()}, {names}"


def table_of(rows):
    """Markdown."""
    def cell(number, digits, absent):
        return absent if number is None else f"{number:.{digits}f}"

    lines = [["case", "threads", "headwise", *PEERS.values(), "headwise / best other"]]
    lines.append(["---", *["---:"] * (len(lines[0]) - 1)])
    for row in rows:
        lines.append([row["case"], str(row["threads"]), cell(row["headwise_ms"], 2, "not available"),
                      *(cell(taken, 2, "") for taken in row["peers"].values()), cell(row["ratio_to_best"], 2, "")])
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def write(folder, title, rows):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "compare.json").write_text(json.dumps(rows, indent=1) + "\n")
    (folder / "compare.md").write_text(f"Milliseconds, medians of turns. {title}.\n\n{table_of(rows)}")
