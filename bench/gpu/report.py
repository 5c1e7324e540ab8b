# SPDX-License-Identifier: Apache-2.0
"""What was measured, as JSON and as Markdown."""
import json
import os
import statistics

# What a row says of headwise where it does not run.
FAILED = "failed"

# What is to be reached: a name, where it is measured, the bound, whether it is one from above, and how many cases there
# are.
GOALS = (
    ("forward, against FLASH", "forward", 0.97, False, 12),
    ("backward, against FLASH", "backward", 0.85, False, 12),
    ("decoding, of the copy bandwidth", "decode", 0.88, False, 2),
    ("decoding at C = H/2, against the whole cache", "C = H/2", 1.85, False, 1),
    ("decoding at C = H/4, against the whole cache", "C = H/4", 3.5, False, 1),
    ("MEA forward, against the best composition", "MEA", 1.2, False, 3),
    ("norm after attention, added time", "norm", 0.02, True, 3),
)


def goals_of(compared):
    """Every goal, met if all of its cases were measured and the worst meets it. A case that fails, or of wrong results,
    counts as none reached."""
    goals = []
    for name, key, bound, above, cases in GOALS:
        values = compared.get(key, [])
        worst = (max(values) if above else min(values)) if values else None
        if worst is None:
            met = "not measured"
        elif (worst <= bound) != above:
            met = "no"
        else:
            met = "yes" if len(values) == cases else "not all measured"
        goals.append({"goal": name, "needed": f"{'at most' if above else 'at least'} {bound:g}",
                      "worst": None if worst is None else round(worst, 3),
                      "median": round(statistics.median(values), 3) if values else None,
                      "cases": f"{len(values)} of {cases}", "met": met})
    return goals


def table_of(rows):
    if not rows:
        return ""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    lines = [columns, ["---"] * len(columns)]
    lines += [["" if row.get(column) is None else str(row[column]).replace("|", "\\|") for column in columns]
              for row in rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def markdown_of(results):
    text = "# headwise on a GPU\n\n" + "".join(f"{key}: {value}  \n" for key, value in results["machine"].items())
    if results["steps"]:
        text += "\n## Steps\n\n" + table_of(results["steps"])
    text += "\n## Goals\n\n" + table_of(results["goals"])
    for part in results["parts"]:
        text += f"\n## {part['part']}\n\n{part['about']}\n\n{part['status']}, {part['seconds']} s\n"
        text += "\n" + table_of(part["rows"]) if part["rows"] else ""
    return text


def write(folder, results):
    """Both files, each whole at any time."""
    for name, text in (("results.json", json.dumps(results, indent=1) + "\n"), ("results.md", markdown_of(results))):
        whole = folder / f"{name}.new"
        whole.write_text(text)
        os.replace(whole, folder / name)
