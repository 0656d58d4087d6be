"""The examples in docstrings run and show what they say.

CI has only so much time: it takes those of every fifth module, all if CORNU_EVERY_ROW asks for it.
"""

import doctest
import importlib
import os

import numpy as np
import pytest
from structure.source import sources

WITH_EXAMPLES = [source for source in sources() if ">>> " in source.text]
CHOSEN = WITH_EXAMPLES if os.environ.get("CORNU_EVERY_ROW") else WITH_EXAMPLES[::5]


@pytest.mark.parametrize("source", CHOSEN, ids=lambda source: source.module)
def test_examples_run(source, tmp_path, monkeypatch):
    import cornu

    monkeypatch.chdir(tmp_path)
    cornu.utils.clear_session()
    cornu.utils.set_random_seed(0)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    module = importlib.import_module(source.module)
    names = {"cornu": cornu, "keras": cornu, "np": np}
    result = doctest.testmod(module, extraglobs=names, optionflags=flags)
    assert not result.failed, f"{result.failed} of {result.attempted} examples fail, see above"
