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

_TOO_DEEP = f"It is nested deeper than {MAX_JSON_DEPTH} levels."
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
            twice = first_twice(key for key, _ in pairs)
            raise error(f"The key {twice[:100]!r} occurs twice in one object.")
        return result

    if len(text) > MAX_JSON:
        raise error(f"{len(text)} bytes of JSON; at most {MAX_JSON} are read.")
    return _loaded(
        lambda: json.loads(
            text.decode("utf-8"), parse_constant=refuse_constant, object_pairs_hook=unique
        ),
        error,
    )


def parse_config(text):
    """The config of a model from a text in memory, in which infinities and NaN may be written out.

    Raises:
        ModelFileError: if it is no JSON, or nested deeper than 200.
    """
    return _loaded(lambda: json.loads(text), ModelFileError)


def _loaded(load, error):
    """What `load` makes of JSON; `error` makes the exceptions."""
    try:
        found = load()
    except ModelFileError:
        raise
    except RecursionError as problem:
        raise error(_TOO_DEEP) from problem
    except ValueError as problem:
        raise error(f"It is not valid JSON: {str(problem)[:200]}") from problem
    if _is_too_deep(found):
        raise error(_TOO_DEEP)
    return found


def _is_too_deep(node):
    level = [node]
    for _ in range(MAX_JSON_DEPTH):
        level = [child for node in level for child in _children(node)]
    return bool(level)


def _children(node):
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list) else ()


def first_twice(items):
    """The first item that was there before, or None."""
    seen = set()
    return next((item for item in items if item in seen or seen.add(item)), None)


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
    names = {member.filename for member in archive.infolist()}
    for name in (CONFIG, METADATA, WEIGHTS):
        if name not in names:
            raise ModelFileError(
                f"It is a zip archive without {name!r}, so not a `.keras` model.", path=path
            )
    check_members(archive, size, path, _problem)


def check_members(archive, size, path, problem_of):
    """Check that the members of an open zip archive cover it exactly, each once.

    Args:
        archive: a `zipfile.ZipFile`.
        size: size of the file in bytes.
        path: what to call the file in messages.
        problem_of: function from a `zipfile.ZipInfo` to why it is refused, or None.

    Raises:
        ModelFileError: if they do not, or one is refused.
    """
    members = archive.infolist()
    twice = first_twice(member.filename for member in members)
    if twice is not None:
        raise ModelFileError("The archive has this member twice.", path=path, member=twice[:200])
    for member in members:
        problem = problem_of(member)
        if problem:
            raise ModelFileError(problem, path=path, member=member.filename[:200])
    declared, limit = sum(member.file_size for member in members), SMALL + MAX_INFLATION * size
    if declared > limit:
        raise ModelFileError(
            f"The members declare {declared} bytes together; at most {limit} are read.", path=path
        )
    _check_cover(archive, members, size, path)


def check_count(count, config_text, path):
    """Refuse an archive with many more members than its config has objects."""
    allowed = 16 + 4 * config_text.count(b'"class_name"')
    if count > allowed:
        raise ModelFileError(f"The archive has {count} members, more than {allowed}.", path=path)


def _problem(member):
    """Why a member of a model's archive is refused, or None."""
    name = member.filename
    if name not in (CONFIG, METADATA, WEIGHTS) and not name.startswith(ASSETS):
        return "A model has no such member."
    if name in (CONFIG, METADATA) and member.file_size > MAX_JSON:
        return f"The member declares {member.file_size} bytes; at most {MAX_JSON} are read."
    return member_problem(member)


def leaves_folder(name):
    """Whether a file of such a name, with `/` between its parts, could lie outside of the folder it
    is read into."""
    parts = name.rstrip("/").split("/")
    return any(sign in name for sign in "\\\0:") or any(part in ("", ".", "..") for part in parts)


def member_problem(member):
    """Why a member of any archive is refused, or None: its name, kind, compression or size."""
    if leaves_folder(member.filename):
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
