"""`get_file`: a file from a URL, kept in a folder of downloads."""

import hashlib
import os
import pathlib
from urllib.parse import urlsplit

from cornu.callbacks._output import say
from cornu.serial.registry import export
from cornu.utils import _download, _extract

# How many hexadecimal digits a hash has.
_DIGITS = {"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128}


@export("keras.utils.get_file")
def get_file(
    fname=None,
    origin=None,
    untar=False,
    md5_hash=None,
    file_hash=None,
    cache_subdir="datasets",
    hash_algorithm="auto",
    extract=False,
    archive_format="auto",
    cache_dir=None,
    force_download=False,
):
    """Download a file, unless it is there from an earlier call.

    The file appears under its name when it is whole and its hash is right; a download that is cut
    off goes on, in the next call, from where it stopped if the server can do that. Archives are
    checked before they are unpacked: paths that leave the folder, devices, links to elsewhere, and
    contents of more than 100 times the archive's size and 64 MiB, or of more than 100,000 members
    and one for every 32 bytes, are refused.

    Args:
        fname: name of the file; by default the last part of `origin`. The name of the folder is
            made of it if the file is unpacked: `"a.tar.gz"` -> `"a_extracted"`; a name without a
            dot is the folder's own, and the archive's is `"<fname>_archive"`.
        origin: URL (http, https, ftp, file) or path of the file.
        untar: deprecated, like `extract` for tar archives.
        md5_hash: deprecated, `file_hash` in MD5.
        file_hash: the hash that the file must have, hexadecimal.
        cache_subdir: folder below `cache_dir`, or an absolute path; made if it is not there.
        hash_algorithm: `"auto"` (by the length of the hash), `"md5"`, `"sha1"`, `"sha224"`,
            `"sha256"`, `"sha384"` or `"sha512"`.
        extract: whether to unpack the file, a tar (also compressed) or zip archive.
        archive_format: `"auto"`, `"tar"`, `"zip"` or a list of these.
        cache_dir: a folder that exists; by default `$KERAS_HOME`, else `~/.keras`.
        force_download: whether to download the file even if it is there.

    Returns:
        Path of the file, or of the folder into which it was unpacked.

    Raises:
        ValueError: if an argument makes no sense, the hash is wrong or the archive is refused.
        FileNotFoundError: if there is no folder `cache_dir`.
        ConnectionError: if the server does not give the file.

    Example:
        >>> import cornu, pathlib
        >>> _ = pathlib.Path("words.txt").write_text("to be or not to be")
        >>> path = cornu.utils.get_file("copy.txt", "words.txt", cache_dir=".")
        >>> pathlib.Path(path).read_text()
        'to be or not to be'
    """
    url = _url(origin)
    algorithm, expected = _hash(md5_hash, file_hash, hash_algorithm)
    formats = _formats(archive_format, untar)
    folder = _folder(cache_dir, cache_subdir)
    name = _name(fname, url)
    path, unpacked = os.path.join(folder, name), None
    if extract or untar:
        unpacked = path
        if fname and "." in name:
            unpacked = os.path.join(folder, f"{name.partition('.')[0]}_extracted")
        else:
            path += "_archive"

    def check(downloaded):
        found = _digest(downloaded, algorithm) if expected else None
        if found != expected:
            raise ValueError(
                f"Incomplete or corrupted file: the {algorithm} hash of what came from "
                f"{_download.shown(url)} is {found}, not {expected} as expected. It was deleted."
            )

    fresh = force_download or not _is_there(path, algorithm, expected)
    if fresh:
        _download.fetch(url, path, check)
    if unpacked is None:
        return path
    _extract.extract(path, unpacked, formats, refresh=fresh)
    return unpacked


def _url(origin):
    if not origin:
        raise ValueError('Give the "origin" argument, the URL of the file to download.')
    text = os.fspath(origin)
    scheme, separator, _ = text.partition("://")
    if not separator:
        return pathlib.Path(text).absolute().as_uri()
    if scheme.lower() not in _download.SCHEMES:
        raise ValueError(
            f"Only URLs of {', '.join(_download.SCHEMES)} are downloaded, and paths. Received: "
            f"origin={_download.shown(text)}"
        )
    return text


def _name(fname, url):
    """The name of the file: a plain one, never a path."""
    name = os.fspath(fname) if fname else os.path.basename(urlsplit(url).path)
    if fname and (os.sep in name or "/" in name):
        raise ValueError(
            "`fname` is a name, not a path; `cache_dir` and `cache_subdir` say where the file "
            f"goes. Received: fname={name}"
        )
    if name in ("", ".", "..") or "\0" in name:
        raise ValueError(
            f"Cannot tell a file name from {_download.shown(url)}; give `fname`. Received: "
            f"fname={fname!r}"
        )
    return name


def _folder(cache_dir, cache_subdir):
    """The folder of the file, made below one that is there."""
    if cache_dir is None:
        home = os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
        os.makedirs(home, exist_ok=True)
    else:
        home = os.path.expanduser(os.fspath(cache_dir))
        if not os.path.isdir(home):
            raise FileNotFoundError(
                f"There is no folder {home}. Create it, or give another `cache_dir`."
            )
    folder = os.path.join(home, os.fspath(cache_subdir))
    os.makedirs(folder, exist_ok=True)
    return folder


def _formats(archive_format, untar):
    if untar:
        return ("tar",)
    given = archive_format if isinstance(archive_format, (list, tuple)) else [archive_format]
    if given == ["auto"]:
        return _extract.FORMATS
    unknown = [name for name in given if name not in (*_extract.FORMATS, None)]
    if unknown:
        raise ValueError(
            "`archive_format` is 'auto', 'tar', 'zip' or a list of these. Received: "
            f"archive_format={archive_format!r}"
        )
    return tuple(name for name in given if name is not None)


def _hash(md5_hash, file_hash, algorithm):
    """Name of the algorithm, and the expected hash in lower case; both None without a hash."""
    if md5_hash is not None and file_hash is None:
        file_hash, algorithm = md5_hash, "md5"
    if not file_hash:
        return None, None
    digits = file_hash.strip().lower() if isinstance(file_hash, str) else ""
    name = str(algorithm).lower()
    if name == "auto":
        name = next((known for known, size in _DIGITS.items() if size == len(digits)), "auto")
    if _DIGITS.get(name) != len(digits) or set(digits) - set("0123456789abcdef"):
        raise ValueError(
            f"Expected a hash of {_DIGITS.get(name, 'so many')} hexadecimal digits, by one of the "
            f"algorithms {', '.join(_DIGITS)}. Received: file_hash={file_hash!r:.200}, "
            f"hash_algorithm={algorithm!r}"
        )
    return name, digits


def _digest(path, algorithm):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _is_there(path, algorithm, expected):
    """Whether an earlier call left the very file."""
    if os.path.isdir(path):
        raise IsADirectoryError(f"There is a folder where the file is to be: {path}")
    if not os.path.exists(path):
        return False
    if expected is None or _digest(path, algorithm) == expected:
        return True
    say(
        f"A local file was found, but its {algorithm} hash is not {expected}, so it is "
        "incomplete or outdated and downloaded again."
    )
    return False
