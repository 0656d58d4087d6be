"""What a model file may look like, checked before anything in it is used."""

import json
import re
import stat
import struct
import zipfile

from cornu.serial.errors import ModelFileError

CONFIG, METADATA, WEIGHTS, ASSETS = "config.json", "metadata.json", "model.weights.h5", "assets/"
MAX_JSON = 64 * 2**20
MAX_JSON_DEPTH = 200
# A compressed member may be this much larger than stored (small ones any size up to a MiB).
MAX_INFLATION = 10
SMALL = 2**20

_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)
_CONSTANTS = re.compile(r'("(?:[^"\\]|\\.)*")|-?Infinity|NaN', re.DOTALL)
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_END_SIZE = 22


def parse_json(text, path, member):
    """JSON as Python values, refusing what parsers read differently.

    Raises:
        ModelFileError: if it is no JSON, nested deeper than 200, has a key twice, or NaN or
            Infinity.
    """

    def error(reason):
        return ModelFileError(reason, path=path, member=member)

    def refuse_constant(name):
        raise error(f"{name} is not JSON.")

    def unique(pairs):
        result = dict(pairs)
        if len(result) != len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise error(f"The key {twice[:100]!r} occurs twice in one object.")
        return result

    if len(text) > MAX_JSON:
        raise error(f"{len(text)} bytes of JSON; at most {MAX_JSON} are read.")
    try:
        decoded = text.decode("utf-8")
        depth = 0
        for token in _TOKENS.finditer(decoded):
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
            if depth > MAX_JSON_DEPTH:
                raise error(f"It is nested deeper than {MAX_JSON_DEPTH} levels.")
        return json.loads(decoded, parse_constant=refuse_constant, object_pairs_hook=unique)
    except ModelFileError:
        raise
    except ValueError as problem:
        raise error(f"It is not valid JSON: {str(problem)[:200]}") from problem


def dump_json(config):
    """Python values as JSON that any parser reads alike; infinities as numbers beyond range.

    Raises:
        ValueError: if a number is NaN, which JSON cannot hold.
    """
    try:
        return json.dumps(config, allow_nan=False)
    except ValueError:
        text = json.dumps(config)

    def standard(match):
        if match[1] is not None:
            return match[1]
        if match[0] == "NaN":
            near = text[max(0, match.start() - 80) : match.start()]
            raise ValueError(f"The config holds a NaN, which JSON cannot: ...{near}NaN")
        return match[0].replace("Infinity", "1e999")

    return _CONSTANTS.sub(standard, text)


def check_archive(archive, size, path):
    """Check the members of an open zip archive; all of them may then be read.

    The file must hold the members that a model has and nothing else: no bytes between or around
    them, no names that leave a folder, no links, nothing that inflates beyond measure.

    Args:
        archive: a `zipfile.ZipFile`.
        size: size of the file in bytes.
        path: what to call the file in messages.

    Raises:
        ModelFileError: if the archive is anything else.
    """
    members = archive.infolist()
    names = [member.filename for member in members]
    for name in (CONFIG, METADATA, WEIGHTS):
        if name not in names:
            raise ModelFileError(
                f"It is a zip archive without {name!r}, so not a `.keras` model.", path=path
            )
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ModelFileError("The archive has this member twice.", path=path, member=twice[:200])
    for member in members:
        problem = _problem(member)
        if problem:
            raise ModelFileError(problem, path=path, member=member.filename[:200])
    _check_cover(archive, members, size, path)


def check_count(count, config_text, path):
    """Refuse an archive with many more members than its config has objects."""
    allowed = 16 + 4 * config_text.count(b'"class_name"')
    if count > allowed:
        raise ModelFileError(f"The archive has {count} members, more than {allowed}.", path=path)


def _problem(member):
    """Why a member of an archive is refused, or None."""
    name = member.filename
    parts = name.rstrip("/").split("/")
    if name not in (CONFIG, METADATA, WEIGHTS) and not name.startswith(ASSETS):
        return "A model has no such member."
    if (
        "\\" in name
        or "\0" in name
        or ":" in name
        or any(part in ("", ".", "..") for part in parts)
    ):
        return "The member's name could leave the folder it is read into."
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "The member is a link or device, not a file."
    if member.flag_bits & 1:
        return "The member is encrypted."
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "The member is compressed in a way that is not read; store it or use deflate."
    limit = max(SMALL, MAX_INFLATION * member.compress_size)
    if member.compress_type == zipfile.ZIP_STORED:
        limit = member.compress_size
    if name in (CONFIG, METADATA):
        limit = min(limit, MAX_JSON)
    if member.file_size > limit:
        return f"The member declares {member.file_size} bytes; at most {limit} are read."
    return None


def _check_cover(archive, members, size, path):
    """The members, in their order, must cover the file from its start to its directory."""
    position = descriptor = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        if not position <= member.header_offset <= position + descriptor:
            raise ModelFileError(
                "The archive has bytes that belong to no member.",
                path=path,
                member=member.filename[:200],
            )
        position = data_offset(archive, member, path) + member.compress_size
        descriptor = 24 if member.flag_bits & 8 else 0  # sizes written behind the data
    if not position <= archive.start_dir <= position + descriptor:
        raise ModelFileError("The archive has bytes that belong to no member.", path=path)
    archive.fp.seek(size - _END_SIZE)
    end = archive.fp.read(_END_SIZE)
    if end[:4] != b"PK\x05\x06" or end[-2:] != b"\0\0":
        raise ModelFileError("There are bytes after the end of the archive.", path=path)


def data_offset(archive, member, path):
    """Where in the file the data of a member begins.

    Raises:
        ModelFileError: if the member's own header contradicts the archive's directory.
    """
    archive.fp.seek(member.header_offset)
    raw = archive.fp.read(_LOCAL_HEADER.size)
    if len(raw) == _LOCAL_HEADER.size:
        header = _LOCAL_HEADER.unpack(raw)
        name = archive.fp.read(header[9])
        encoding = "utf-8" if header[2] & 0x800 else "cp437"
        if header[0] == b"PK\x03\x04" and name.decode(encoding, "replace") == member.orig_filename:
            return member.header_offset + _LOCAL_HEADER.size + header[9] + header[10]
    raise ModelFileError(
        "The member's header and the archive's directory differ.",
        path=path,
        member=member.filename[:200],
    )
