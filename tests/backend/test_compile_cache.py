"""Compiled programs are kept for the next process, in a folder that does not grow for ever."""

import os

from cornu.backend.jax import compile_cache

# A loop that takes long enough to compile to be kept.
PROGRAM = """
import numpy as np
import jax
import cornu as keras

keras.utils.set_random_seed(0)
model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3, activation="relu")])
model.add(keras.layers.MaxPooling2D())
for _ in range(3):
    model.add(keras.layers.Conv2D(4, 3, padding="same", activation="relu"))
model.add(keras.layers.Flatten())
model.add(keras.layers.Dense(1))
model.compile("adam", "mse")
found = []
jax.monitoring.register_event_listener(lambda name, **_: found.append(name))
model.fit(np.ones((8, 8, 8, 1)), np.ones((8, 1)), verbose=0)
print(found.count("/jax/compilation_cache/cache_hits") > 0, float(model.weights[0].numpy().sum()))
"""


def test_the_next_process_compiles_nothing_twice(run_python, tmp_path):
    folder = str(tmp_path / "programs")
    first = run_python(PROGRAM, CORNU_COMPILE_CACHE=folder).split()
    second = run_python(PROGRAM, CORNU_COMPILE_CACHE=folder).split()
    off = run_python(PROGRAM, CORNU_COMPILE_CACHE="0", HOME=str(tmp_path / "home")).split()
    assert [first[0], second[0], off[0]] == ["False", "True", "False"]
    assert first[1] == second[1] == off[1]
    assert not (tmp_path / "home").exists()


def test_without_a_place_to_write(run_python, tmp_path):
    (tmp_path / "file").write_text("")
    assert run_python(PROGRAM, CORNU_COMPILE_CACHE=str(tmp_path / "file")).startswith("False")


def test_a_program_that_was_cut_off_is_compiled_anew(run_python, tmp_path):
    run_python(PROGRAM, CORNU_COMPILE_CACHE=str(tmp_path))
    (kept,) = [path for path in tmp_path.rglob("*-cache") if path.stat().st_size > 2000]
    whole = kept.read_bytes()
    for path in tmp_path.rglob("checked"):
        path.unlink()
    kept.write_bytes(whole[:1000])
    # `run_python` makes warnings errors, such as JAX's of a file that it can't read.
    assert run_python(PROGRAM, CORNU_COMPILE_CACHE=str(tmp_path)).startswith("False")
    assert kept.stat().st_size > 2000
    assert run_python(PROGRAM, CORNU_COMPILE_CACHE=str(tmp_path)).startswith("True")


def test_trim_deletes_what_was_not_used_for_longest(tmp_path):
    for place, name in enumerate(("a", "b", "c")):
        (tmp_path / name).write_bytes(bytes(10))
        os.utime(tmp_path / name, (1000 + place, 1000 + place))
    os.utime(tmp_path / "a", (2000, 1000))  # read since
    compile_cache.trim(tmp_path, 20)
    assert sorted(os.listdir(tmp_path)) == ["a", "c"]
    compile_cache.trim(tmp_path, 0)
    assert not os.listdir(tmp_path)
