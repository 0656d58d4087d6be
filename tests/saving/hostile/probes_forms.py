"""Probes that two readers understand differently, or that would write elsewhere."""

import gzip
import io
import json
import pathlib
import tarfile
import zipfile

from saving.hostile import workshop
from saving.hostile.workshop import WEIGHTS, entry, load, probe, sequential

import cornu

# --- 15: parsers that differ ----------------------------------------------------------------------


@probe
def config_100k_nested_lists(w):
    return load(w.model(b"[" * 100_000 + b"]" * 100_000))


@probe
def model_from_json_100k_nested_lists(w):
    return lambda: cornu.models.model_from_json("[" * 100_000 + "]" * 100_000)


@probe
def model_from_json_cut_off(w):
    text = json.dumps(sequential())[:-5]
    return lambda: cornu.models.model_from_json(text)


@probe
def config_900_nested_lists(w):
    return load(w.model(b"[" * 900 + b"]" * 900))


@probe
def config_100_nested_models(w):
    model = sequential(entry("Dense", config={"units": 3}))
    for _ in range(100):
        model = sequential(model)
    return load(w.model(model))


@probe
def config_unterminated_string(w):
    return load(w.model(b'{"a": "' + b'\\"' * 2_000_000))


@probe
def config_many_equal_keys(w):
    keys = b", ".join(b'"key%d": 0' % number for number in range(200_000))
    return load(w.model(b"{" + keys + b', "key199999": 0}'))


@probe
def config_huge_number(w):
    return load(w.model(b'{"a": ' + b"9" * 1_000_000 + b"}"))


@probe
def config_lone_surrogates(w):
    return load(w.model(b'{"module": "keras", "class_name": "\\ud800", "config": {}}'))


@probe
def nan_infinity_in_json(w):
    text = json.dumps(sequential(entry("LeakyReLU", config={"negative_slope": float("nan")})))
    return load(w.model(text.encode()))


@probe
def duplicate_key_in_json(w):
    text = json.dumps(sequential(entry("Dense", config={"units": 3})))
    return load(w.model(text.replace('"units": 3', '"units": 3, "units": 3').encode()))


@probe
def duplicate_config_member(w):
    with zipfile.ZipFile(w.model(), "a") as archive:
        archive.writestr("config.json", workshop.members()["config.json"])
    return load(w.path("model.keras"))


@probe
def bytes_after_the_archive(w):
    data = pathlib.Path(w.model()).read_bytes()
    return load(w.write("model.keras", data + b"%PDF-1.7"))


@probe
def weights_bytes_after_zip_end(w):
    data = pathlib.Path(w.model()).read_bytes()
    return load(w.write("model.keras", data + workshop.members()[WEIGHTS]))


@probe
def bytes_before_the_archive(w):
    data = pathlib.Path(w.model()).read_bytes()
    return load(w.write("model.keras", b"#!/bin/sh\n" + data))


@probe
def comment_of_the_archive(w):
    with zipfile.ZipFile(w.model(), "a") as archive:
        archive.comment = b"anything"
    return load(w.path("model.keras"))


# --- 16, 17: files written elsewhere --------------------------------------------------------------


@probe
def zip_slip_asset(w):
    return load(w.model(more=[("assets/../../MARKER", b"out")]))


@probe
def zip_absolute_asset(w):
    return load(w.model(more=[(w.marker, b"out")]))


@probe
def zip_symlink_asset(w):
    info = zipfile.ZipInfo("assets/link")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return load(w.model(more=[(info, w.canary.encode())]))


def tar_with(w, *members):
    with tarfile.open(w.path("a.tar"), "w") as archive:
        for name, kind, content in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            if kind == tarfile.REGTYPE:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
            else:
                info.linkname = content
                archive.addfile(info)
    return get_file(w, "a.tar")


def get_file(w, name):
    origin = w.path(name)
    return lambda: cornu.utils.get_file(name, origin, cache_dir=w.folder, extract=True)


@probe
def tar_dotdot(w):
    return tar_with(w, ("../../MARKER", tarfile.REGTYPE, b"out"))


@probe
def tar_symlink_then_file(w):
    link = ("d", tarfile.SYMTYPE, w.outside)
    return tar_with(w, link, ("d/MARKER", tarfile.REGTYPE, b"out"))


@probe
def tar_hardlink_out(w):
    return tar_with(w, ("link", tarfile.LNKTYPE, w.canary))


@probe
def get_file_zip_inflates_200MB(w):
    with (
        zipfile.ZipFile(w.path("a.zip"), "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("zeros", "w") as member,
    ):
        for _ in range(200):
            member.write(bytes(1_000_000))
    return get_file(w, "a.zip")


@probe
def get_file_tar_header_inflates(w):
    longname = tarfile.TarInfo("././@LongLink")
    longname.type, longname.size = tarfile.GNUTYPE_LONGNAME, 400_000_000
    w.write("a.tar.gz", gzip.compress(longname.tobuf(tarfile.GNU_FORMAT) + b"a" * 1_000_000))
    return get_file(w, "a.tar.gz")


@probe
def get_file_no_archive(w):
    w.write("a.tar.gz", gzip.compress(b"text"))
    return get_file(w, "a.tar.gz")
