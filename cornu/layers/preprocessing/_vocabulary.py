"""Vocabularies: the tokens that a layer knows, where they come from, and how they are counted."""

import itertools
import os
from collections import Counter

import numpy as np

from cornu.core.errors import shorten
from cornu.data.arrays import unpack
from cornu.data.feeds import feed_of

# Stand for the numbers of what is not in a vocabulary, and of the mask token where it has none.
UNKNOWN, LEFT_OUT = -2, -1


class Vocabulary:
    """Tokens and the numbers that they have.

    Args:
        tokens: list of tokens, without the mask token and those for what is not known.
        table: dictionary from a token to its number, under every spelling that it may come in.
    """

    def __init__(self, tokens, table):
        self.tokens, self.table = tokens, table

    def numbers(self, items):
        """The numbers of a list of tokens, `UNKNOWN` for others, as int64."""
        found = map(self.table.get, items, itertools.repeat(UNKNOWN))
        return np.fromiter(found, np.int64, len(items))


class Counts:
    """How often tokens are in data, and in how many documents."""

    def __init__(self):
        self.tokens, self.documents, self.number = Counter(), Counter(), 0

    def add(self, rows, by_document):
        """Count rows of tokens, each a document."""
        for row in rows:
            self.tokens.update(row)
            if by_document:
                self.documents.update(set(row))
        self.number += len(rows)

    def ranked(self, without):
        """The tokens by how often they are, most frequent first, alike ones in reverse order."""
        left = [(count, token) for token, count in self.tokens.items() if token not in without]
        return [token for _, token in sorted(left, reverse=True)]

    def inverse_frequencies(self, tokens):
        """`log(1 + documents / (1 + documents with the token))` for each of the tokens."""
        having = np.array([self.documents[token] for token in tokens], "float64")
        return np.log1p(self.number / (1 + having))


def read_lines(path, encoding):
    """The lines of a file of tokens.

    Raises:
        ValueError: if there is no such file, it is empty, or a line in it is.
    """
    path = os.fspath(path)
    if not os.path.isfile(path):
        raise ValueError(f"Vocabulary file {path} does not exist.")
    with open(path, encoding=encoding) as file:
        lines = file.read().removesuffix("\n").split("\n")
    empty = next((number for number, line in enumerate(lines, 1) if not line), None)
    if empty is not None:
        raise ValueError(
            f"Vocabulary file {path} must have one token a line. Received: line {empty} is empty."
        )
    return lines


def check_unique(tokens):
    """Raise ValueError for tokens that are there twice.

    Raises:
        ValueError: naming them.
    """
    if len(set(tokens)) < len(tokens):
        twice = [token for token, count in Counter(tokens).items() if count > 1]
        raise ValueError(
            "The passed vocabulary has at least one repeated term. Please uniquify your dataset."
            f" The repeated terms are: {shorten(twice)}"
        )


def batches_of(data, steps):
    """The batches of what `adapt` is given.

    Args:
        data: an array or nest of lists, which is one batch, its rows documents; a list of arrays;
            or anything that gives batches: a generator, `PyDataset`, `DataLoader`, dataset of
            TensorFlow or Grain. Of a batch (x, y) x counts.
        steps: number of batches to take, or None for all.
    """
    if isinstance(data, (list, tuple)) and data and getattr(data[0], "shape", ()):
        batches = iter(data)
    elif isinstance(data, (str, bytes, list, tuple)) or hasattr(data, "__array__"):
        yield _in_rows(data)
        return
    else:
        batches = _fed(data)
    for batch in itertools.islice(batches, steps):
        yield unpack(batch)[0] if isinstance(batch, tuple) else batch


def _in_rows(data):
    """Data in memory: in one axis, each token is a document."""
    found = np.asarray(data) if hasattr(data, "__array__") else np.array(data, dtype=object)
    return found[:, None] if found.ndim == 1 else found


def _fed(data):
    feed = feed_of(data, shuffle=False)
    feed.begin()
    try:
        yield from feed.batches(lambda: True)
        feed.end()
    finally:
        feed.close()
