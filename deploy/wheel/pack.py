"""`python3 pack.py FOLDER WHEEL`: zips a wheel that is laid out in a folder, with the RECORD of its files."""

import base64
import hashlib
import sys
import zipfile
from pathlib import Path

DATE = (2026, 1, 1, 0, 0, 0)
EXECUTABLE = 0o755
PLAIN = 0o644


def pack(folder: Path, wheel: Path) -> None:
    """The metadata comes last, as the specification recommends."""
    info = next(folder.glob("*.dist-info")).name
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    files.sort(key=lambda path: (path.parts[0] == info, path.as_posix()))
    record = []
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in files:
            content = (folder / path).read_bytes()
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            record.append(f"{path.as_posix()},sha256={digest},{len(content)}\n")
            archive.writestr(_entry(path, (folder / path).stat().st_mode), content)
        record.append(f"{info}/RECORD,,\n")
        archive.writestr(_entry(Path(info, "RECORD"), 0), "".join(record))


def _entry(path: Path, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path.as_posix(), DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = (0o100000 | (EXECUTABLE if mode & 0o100 else PLAIN)) << 16
    return entry


if __name__ == "__main__":
    pack(Path(sys.argv[1]), Path(sys.argv[2]))
