"""What layers with a vocabulary have in common: tokens in, their numbers out, or the other way."""

import os

import numpy as np

from cornu import ops
from cornu.core.errors import shorten
from cornu.layers._layer import Layer
from cornu.layers.preprocessing import _encoding as encoding
from cornu.layers.preprocessing import _hashing as hashing
from cornu.layers.preprocessing._graphs import in_graph, is_graph_tensor
from cornu.layers.preprocessing._vocabulary import (
    LEFT_OUT,
    UNKNOWN,
    Counts,
    Vocabulary,
    batches_of,
    check_unique,
)
from cornu.serial.functions import refuse_unless_allowed
from cornu.symbolic.tensor import KerasTensor

MODES = ("int", encoding.ONE_HOT, encoding.MULTI_HOT, encoding.COUNT, encoding.TF_IDF)
METHODS = ("floormod", "farmhash")
FILE = "vocabulary.txt"
PATH_REFUSED = (
    "The vocabulary in this config is the path of a file. Reading files that a saved model names is"
    " not safe: it could be anybody's. If you trust the author, pass `safe_mode=False` to the"
    " loading function."
)


class IndexLookup(Layer):
    """Base of the layers that give tokens numbers.

    A subclass defines what a token is: `_tokens` of a vocabulary, an array `_items` of inputs and
    `_check_items`, `_spellings` under which a token may come in, `_hashes` of what is not known,
    `_outputs` of tokens for `invert=True`, and `_read`, the lines of a file.

    Args: as of `StringLookup`.
    """

    config_exclude = Layer.config_exclude | {"vocabulary", "idf_weights", "vocabulary_size"}

    def __init__(
        self,
        max_tokens,
        num_oov_indices,
        mask_token,
        oov_token,
        vocabulary=None,
        idf_weights=None,
        invert=False,
        output_mode="int",
        sparse=False,
        pad_to_max_tokens=False,
        salt=None,
        vocabulary_size=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.max_tokens = max_tokens
        self.num_oov_indices = num_oov_indices
        self.mask_token, self.oov_token = mask_token, oov_token
        self.invert, self.output_mode = bool(invert), output_mode
        self.sparse, self.pad_to_max_tokens = sparse, bool(pad_to_max_tokens)
        self.salt = checked_salt(salt)
        self._check_options()
        # Strings are no tensors; and numbers stay as exact as they come.
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True
        self._saved_size = vocabulary_size  # says the shape of outputs until a file is read
        self._counts = Counts()
        self._known = self._weights = self._given = None
        self._given_weights = None if idf_weights is None else np.asarray(idf_weights, "float32")
        self._build_at_init()
        self._take_vocabulary(vocabulary)

    def _check_options(self):
        if self.max_tokens is not None and self.max_tokens <= 1:
            raise ValueError(
                "If set, `max_tokens` must be greater than 1. Received:"
                f" max_tokens={self.max_tokens}"
            )
        if self.pad_to_max_tokens and self.max_tokens is None:
            raise ValueError(
                "If pad_to_max_tokens is True, must set `max_tokens`. Received: max_tokens=None"
            )
        if self.num_oov_indices < 0:
            raise ValueError(
                "`num_oov_indices` must be greater than or equal to 0. Received:"
                f" num_oov_indices={self.num_oov_indices}"
            )
        encoding.check_mode(type(self).__name__, self.output_mode, MODES)
        if self.invert and self.output_mode != "int":
            raise ValueError(
                "`output_mode` must be `'int'` when `invert` is true. Received:"
                f" output_mode={self.output_mode}"
            )
        encoding.check_dense(self.sparse, self.output_mode)

    def _take_vocabulary(self, vocabulary):
        """Begin with the vocabulary of the constructor, if there is one."""
        weights = self._given_weights
        if weights is not None:
            self._check_weights_wanted(weights)
        if vocabulary is None:
            return
        if isinstance(vocabulary, (str, os.PathLike)):
            self.set_vocabulary(vocabulary)
            return
        if self.output_mode == encoding.TF_IDF and weights is None:
            raise ValueError(
                "When specifying the `vocabulary` argument, in TF-IDF output mode, the"
                " `idf_weights` argument must also be provided."
            )
        self._set(self._tokens(vocabulary), weights)
        self._given = self._tokens(vocabulary)

    def _check_weights_wanted(self, weights):
        if self.output_mode != encoding.TF_IDF:
            raise ValueError(
                "`idf_weights` should only be set if `output_mode` is `'tf_idf'`. Received:"
                f" output_mode={self.output_mode} and idf_weights={shorten(weights)}"
            )

    # ---- the vocabulary ----

    @property
    def _has_mask(self):
        """Whether the mask token has a number."""
        return self.mask_token is not None and self.output_mode == "int"

    @property
    def _specials(self):
        """The tokens before those of the vocabulary."""
        return [self.mask_token] * self._has_mask + [self.oov_token] * self.num_oov_indices

    def get_vocabulary(self, include_special_tokens=True):
        """The tokens in the order of their numbers.

        Args:
            include_special_tokens: whether the mask token and those for what is not known come
                first.
        """
        tokens = list(self._known.tokens) if self._known else []
        return self._specials + tokens if include_special_tokens else tokens

    def vocabulary_size(self):
        """The number of tokens, with the mask token and those for what is not known."""
        if self._known is None and self._saved_size is not None:
            return self._saved_size
        return len(self._specials) + (len(self._known.tokens) if self._known else 0)

    def set_vocabulary(self, vocabulary, idf_weights=None):
        """Take other tokens, instead of learning them by `adapt`.

        Args:
            vocabulary: tokens in the order of their numbers, as an array, tensor or list, with or
                without the special tokens in front; or the path of a file, one token a line.
            idf_weights: for `output_mode="tf_idf"`, the weights of the tokens.

        Raises:
            ValueError: for tokens that are there twice or too many, for a mask token somewhere
                else, and for weights that are missing or too many.
            RuntimeError: if the layer was called already and its outputs would change their size.
        """
        if isinstance(vocabulary, (str, os.PathLike)):
            if self.output_mode == encoding.TF_IDF:
                raise ValueError(
                    "output_mode `'tf_idf'` does not support loading a vocabulary from file."
                )
            tokens = self._tokens(self._read(vocabulary))
            check_unique(tokens)
            self._install(tokens, None)
            self._given = None
            return
        if idf_weights is not None:
            self._check_weights_wanted(idf_weights)
        elif self.output_mode == encoding.TF_IDF:
            raise ValueError("`idf_weights` must be set if output_mode is 'tf_idf'.")
        tokens = self._tokens(vocabulary)
        self._set(tokens, idf_weights)
        if self._given is not None:
            self._given = tokens
            self._given_weights = None if idf_weights is None else np.asarray(idf_weights)

    def _set(self, tokens, weights):
        """Take tokens as a user gives them."""
        if not tokens:
            raise ValueError(f"Cannot set an empty vocabulary. Received: vocabulary={tokens}")
        if weights is not None and len(weights) != len(tokens):
            raise ValueError(
                "`idf_weights` must be the same length as vocabulary. len(idf_weights) is"
                f" {len(weights)}; len(vocabulary) is {len(tokens)}"
            )
        specials = self._specials
        start = len(specials) if tokens[: len(specials)] == specials else 0
        special_weights = None if weights is None else np.asarray(weights)[:start]
        tokens = tokens[start:]
        check_unique(tokens)
        if self.mask_token is not None and self.mask_token in tokens:
            raise ValueError(
                "Found reserved mask token at unexpected location in `vocabulary`. Note that passed"
                " `vocabulary` does not need to include the OOV and mask tokens. Either remove all"
                " mask and OOV tokens, or include them only at the start of the vocabulary in"
                f" precisely this order: {specials}. Received: mask_token={self.mask_token!r}"
            )
        size = len(specials) + len(tokens)
        if self.max_tokens is not None and size > self.max_tokens:
            raise ValueError(
                "Attempted to set a vocabulary larger than the maximum vocab size. Received"
                f" vocabulary size is {size}; `max_tokens` is {self.max_tokens}."
            )
        weights = None if weights is None else np.asarray(weights, "float64")[start:]
        self._install(tokens, weights, special_weights)

    def _install(self, tokens, weights, special_weights=None):
        """Look tokens up from now on."""
        start = len(self._specials)
        self._check_size(start + len(tokens))
        table = {}
        if self.mask_token is not None:
            place = 0 if self._has_mask else LEFT_OUT
            table.update(dict.fromkeys(self._spellings(self.mask_token), place))
        for number, token in enumerate(tokens, start):
            table.update(dict.fromkeys(self._spellings(token), number))
        self._known = Vocabulary(tokens, table)
        if weights is not None:
            if special_weights is None or not len(special_weights):
                special_weights = np.full(start, np.mean(weights) if len(weights) else 0.0)
            self._weights = np.concatenate([special_weights, weights]).astype("float32")

    def _check_size(self, size):
        changes = self._known is not None and size != self.vocabulary_size()
        if changes and self._called and self.output_mode != "int" and not self.pad_to_max_tokens:
            raise RuntimeError(
                f"When using `output_mode={self.output_mode}` and `pad_to_max_tokens=False`, the"
                " vocabulary size cannot be changed after the layer is called. Old vocab size is"
                f" {self.vocabulary_size()}, new vocab size is {size}"
            )

    # ---- learning it ----

    def adapt(self, data, steps=None):
        """Learn the tokens of data, the most frequent first; what was learned before is forgotten.

        Args:
            data: an array or nest of lists, or an iterable of batches of tokens (a generator,
                `PyDataset`, `DataLoader`, dataset of TensorFlow). A row is a document for
                `output_mode="tf_idf"`.
            steps: number of batches to take, or None for all.

        Raises:
            ValueError: if the layer was given its vocabulary.
        """
        self.reset_state()
        for batch in batches_of(data, steps):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data):
        """Count the tokens of a batch.

        Args:
            data: array or nest of lists of tokens; in one axis, they are one document.

        Raises:
            ValueError: if the layer was given its vocabulary.
        """
        if self._given is not None:
            raise ValueError(
                f"Cannot adapt layer '{self.name}' after setting a static vocabulary via"
                " `vocabulary` argument. Leave it out to learn it from data."
            )
        items = self._items(data)
        rows = items.reshape(items.shape[0] if items.ndim > 1 else 1, -1)
        rows = [self._tokens(row) for row in rows.tolist()]
        self._counts.add(rows, self.output_mode == encoding.TF_IDF)

    def finalize_state(self):
        """Make the vocabulary of what was counted."""
        if self._given is not None or not self._counts.number:
            return
        counts, self._counts = self._counts, Counts()
        tokens = counts.ranked({self.mask_token, self.oov_token})
        if self.max_tokens is not None:
            tokens = tokens[: self.max_tokens - len(self._specials)]
        weights = counts.inverse_frequencies(tokens)
        self._install(tokens, weights if self.output_mode == encoding.TF_IDF else None)

    def reset_state(self):
        """Forget what was counted; the vocabulary stays until `finalize_state`."""
        self._counts = Counts()

    # ---- the computation ----

    def call(self, inputs):
        if self._known is None:
            raise RuntimeError(
                f"Layer '{self.name}' has no vocabulary yet. Call `adapt(data)` or"
                " `set_vocabulary(tokens)` first, or pass `vocabulary` to its constructor."
            )
        if is_graph_tensor(inputs):
            return self._in_graph(inputs)
        if self.invert:
            return self._inverted(inputs)
        numbers = self._lookup(inputs)
        if self.output_mode == "int":
            return ops.cast(numbers, "int64")
        weights = self._padded_weights() if self.output_mode == encoding.TF_IDF else None
        found = encoding.encoded(
            numbers, self.output_mode, self._depth(), self._vector_dtype(), weights
        )
        return ops.convert_to_tensor(found)

    def _in_graph(self, inputs):
        # Not through the operators of the engine: pipelines of TensorFlow have 64 bits.
        dtype = None if self.output_mode != "int" else "string" if self._gives_text else "int64"
        shape = self.compute_output_shape(tuple(inputs.shape))
        return in_graph(self.call, inputs, KerasTensor(shape, self._vector_dtype()), dtype)

    def _lookup(self, inputs):
        """The numbers of tokens, as an array of NumPy; `LEFT_OUT` for masks in vectors."""
        items = self._items(inputs)
        flat = items.ravel().tolist()
        try:
            numbers = self._known.numbers(flat)
        except TypeError:  # rows of unequal lengths cannot be looked up
            self._check_items(flat)
            raise
        unknown = np.flatnonzero(numbers == UNKNOWN)
        if len(unknown):
            numbers[unknown] = self._unknown([flat[place] for place in unknown.tolist()])
        return numbers.reshape(items.shape)

    def _unknown(self, items):
        """The numbers of tokens that are not in the vocabulary."""
        self._check_items(items)
        start = int(self._has_mask)
        if self.num_oov_indices == 0:
            raise ValueError(
                "When `num_oov_indices=0` all inputs should be in vocabulary, found OOV values"
                f" {shorten(items[:8])}, consider setting `num_oov_indices=1`."
            )
        if self.num_oov_indices == 1:
            return start
        return start + (self._hashes(items) % self.num_oov_indices).astype(np.int64)

    def _hashed(self, texts):
        """Numbers of byte strings, by the salt."""
        if self.salt is None:
            found = hashing.fingerprints(texts)
        else:
            found = hashing.keyed_hashes(texts, self.salt)
        return found % np.uint64(self.num_oov_indices)

    def _inverted(self, inputs):
        """The tokens of numbers; what is out of range is not known."""
        numbers = np.asarray(inputs)
        if numbers.dtype.kind not in "iu":
            raise ValueError(
                "With `invert=True` inputs are the numbers of tokens, integers. Received:"
                f" {shorten(inputs)}"
            )
        every = [*self.get_vocabulary(), self.oov_token]
        known = (numbers >= 0) & (numbers < len(every) - 1)
        return self._outputs(every, np.where(known, numbers, len(every) - 1))

    def _padded_weights(self):
        missing = self._depth() - len(self._weights)
        return np.pad(self._weights, (0, missing))

    def _depth(self):
        """Size of vectors; None before there is a vocabulary."""
        if self.pad_to_max_tokens:
            return self.max_tokens
        if self._known is None and self._saved_size is None:
            return None
        return self.vocabulary_size()

    def _vector_dtype(self):
        """The compute dtype, unless weights would not fit it."""
        dtype = self.compute_dtype
        wanted = "float" if self.output_mode == encoding.TF_IDF else ("float", "int", "uint")
        return dtype if dtype.startswith(wanted) or dtype == "bfloat16" else "float32"

    @property
    def _gives_text(self):
        """Whether outputs are strings."""
        return False

    def compute_output_shape(self, input_shape):
        """The shape of the inputs; that of vectors if `output_mode` is one of these."""
        if self.output_mode == "int":
            return tuple(input_shape)
        return encoding.encoded_shape(input_shape, self.output_mode, self._depth())

    def compute_output_spec(self, inputs):
        dtype = ops.cast(0, "int64").dtype.name if self.output_mode == "int" else None
        return KerasTensor(self.compute_output_shape(inputs.shape), dtype or self._vector_dtype())

    # ---- files ----

    def get_config(self):
        """The constructor's arguments; a vocabulary that was learned is in the file beside."""
        in_config = self._tokens_of_config()
        weights = self._given_weights
        if in_config is not None and self._given is None and self._weights is not None:
            weights = self._weights[len(self._specials) :]
        size = None if self._known is None and self._saved_size is None else self.vocabulary_size()
        return {
            **super().get_config(),
            "idf_weights": None if weights is None else np.asarray(weights).tolist(),
            "vocabulary": in_config,
            "vocabulary_size": size,
        }

    @classmethod
    def from_config(cls, config):
        """The layer that `get_config` described.

        Raises:
            ModelFileError: if the vocabulary is the path of a file, unless that is allowed.
        """
        if isinstance(config.get("vocabulary"), (str, os.PathLike)):
            refuse_unless_allowed(reason=PATH_REFUSED, config=config)
        return super().from_config(config)

    def _tokens_of_config(self):
        """The vocabulary where the config has to hold it, else None."""
        if self._given is not None:
            return list(self._given)
        if self._known is not None and any(map(_breaks_lines, self._known.tokens)):
            return list(self._known.tokens)  # a file has one token a line
        return None

    def save_own_variables(self, store):
        """Put the weights of the tokens into a store."""
        super().save_own_variables(store)
        if self._weights is not None:
            store["idf_weights"] = self._padded_weights()

    def load_own_variables(self, store):
        """Take the weights of the tokens from a store."""
        if "idf_weights" in store:
            self._weights = np.asarray(store["idf_weights"], "float32")

    def save_assets(self, dir_path):
        """Write the vocabulary into a folder, unless the config has it."""
        if self._known is None or self._tokens_of_config() is not None:
            return
        path = os.path.join(dir_path, FILE)
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write("\n".join(map(str, self.get_vocabulary())))

    def load_assets(self, dir_path):
        """Read the vocabulary from a folder, if there is one."""
        path = os.path.join(dir_path, FILE)
        if self._given is not None or not os.path.isfile(path):
            return
        with open(path, encoding="utf-8", newline="\n") as file:
            tokens = self._tokens(file.read().split("\n"))
        specials = self._specials
        start = len(specials) if tokens[: len(specials)] == specials else 0
        check_unique(tokens[start:])
        self._install(tokens[start:], None)
        if self._weights is not None:
            self._weights = self._weights[: self.vocabulary_size()]


def check_method(layer, oov_method):
    """Raise ValueError if there is no such way to number unknown tokens."""
    if oov_method not in METHODS:
        raise ValueError(
            f"Unknown value for `oov_method` argument of {layer}. Allowed values are: {METHODS}."
            f" Received: oov_method={oov_method}"
        )


def _breaks_lines(token):
    return isinstance(token, str) and "\n" in token


def checked_salt(salt, pair="2 integers"):
    """The two parts of a salt, or None.

    Raises:
        ValueError: for anything but an int or two.
    """
    if salt is None:
        return None
    parts = [salt, salt] if isinstance(salt, int) else salt
    if not isinstance(parts, (list, tuple)) or [type(part) for part in parts] != [int, int]:
        raise ValueError(
            f"The `salt` argument can only be a tuple of {pair}, or a single integer. Received:"
            f" salt={shorten(salt)}"
        )
    return list(parts)
