"""`society doctor`: versions, device, cores, disk, and what is missing with the command that gets it."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

PROJECT = "society-sim"
LOW_DISK = 1.0  # GB; below it a run of the usual size may not fit


def examine() -> tuple[int, dict[str, Any], str]:
    """The state of the installation; the status is 1 when a required part is missing."""
    required, extras = _requirements()
    parts = {_name(one): _version(_name(one)) for one in required}
    lacking = [one for one in required if parts[_name(one)] is None]
    missing = [_missing("required", lacking)] if lacking or not required else []
    for extra, wanted in extras.items():
        absent = [one for one in wanted if _version(_name(one)) is None]
        missing += [_missing(extra, absent)] if absent else []
    device, trouble = _device()
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    document = {
        "python": platform.python_version(),
        "system": platform.platform(),
        "versions": parts,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": _memory(),
        "disk_free_gb": round(free, 1),
        **device,
        "missing": missing,
        "problems": trouble + ([f"only {free:.1f} GB of disk are free here"] if free < LOW_DISK else []),
        "passed": not lacking and bool(required) and not trouble,
    }
    return int(not document["passed"]), document, _text(document)


def _requirements() -> tuple[list[str], dict[str, list[str]]]:
    """The required packages and those of each extra, with version bounds, as the installed project declares them."""
    try:
        declared = metadata.requires(PROJECT) or []
    except metadata.PackageNotFoundError:
        return [], {}
    required: list[str] = []
    extras: dict[str, list[str]] = {}
    for line in declared:
        requirement, _, marker = (part.strip() for part in line.partition(";"))
        extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)['\"]", marker)
        (extras.setdefault(extra[1], []) if extra else required).append(requirement)
    return required, extras


def _name(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _missing(part: str, packages: list[str]) -> dict[str, Any]:
    if not packages:
        return {"part": part, "packages": [PROJECT], "get": "pip install -e . (in the project's folder)"}
    words = " ".join(f"'{one}'" if re.search(r"[<>=!~\[ ]", one) else one for one in packages)
    return {"part": part, "packages": packages, "get": f"{sys.executable} -m pip install {words}"}


def _device() -> tuple[dict[str, Any], list[str]]:
    """What torch computes on. A torch that is there and cannot be imported is a problem, in one line."""
    try:
        import torch
    except Exception as error:
        return {"device": None, "bfloat16": None}, [f"torch cannot be imported: {' '.join(str(error).split())}"]
    if torch.cuda.is_available():
        return {"device": f"cuda: {torch.cuda.get_device_name()}", "bfloat16": torch.cuda.is_bf16_supported()}, []
    try:
        fast = bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    except (AttributeError, RuntimeError):
        fast = False
    return {"device": f"cpu: {torch.backends.cpu.get_cpu_capability()}", "bfloat16": fast}, []


def _memory() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    except (AttributeError, ValueError, OSError):
        return None


def _text(found: dict[str, Any]) -> str:
    lines = [f"python {found['python']} on {found['system']}"]
    lines += [f"  {name:<14} {version or 'MISSING'}" for name, version in found["versions"].items()]
    lines.append(f"device   {found['device']}; bfloat16 {'yes' if found['bfloat16'] else 'no'}")
    lines.append(f"cores    {found['cores']}; memory {found['memory_gb']} GB; free disk {found['disk_free_gb']} GB")
    for one in found["missing"]:
        lines += [f"missing  [{one['part']}] {', '.join(one['packages'])}", f"         {one['get']}"]
    lines += [f"problem  {one}" for one in found["problems"]]
    lines.append("all is well" if found["passed"] else "a required part is missing")
    return "\n".join(lines)
