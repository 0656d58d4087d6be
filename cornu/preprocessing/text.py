"""`keras.preprocessing.text` of Keras 1 and 2: words as numbers."""

import collections
import hashlib
import json

import numpy as np

from cornu.core.errors import did_you_mean, shorten

FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
MODES = ("binary", "count", "tfidf", "freq")


def text_to_word_sequence(input_text, filters=FILTERS, lower=True, split=" "):
    """The words of a text, as a list.

    Args:
        input_text: a string.
        filters: characters that separate words, besides `split`.
        lower: whether words are turned to lower case.
        split: what stands between words.

    Example:
        >>> import cornu
        >>> cornu.preprocessing.text.text_to_word_sequence("Hello, world!")
        ['hello', 'world']
    """
    text = input_text.lower() if lower else input_text
    text = text.translate({ord(character): split for character in filters})
    return [word for word in text.split(split) if word]


def one_hot(input_text, n, filters=FILTERS, lower=True, split=" "):
    """The words of a text as numbers from 1 to `n - 1`, by Python's `hash` (which differs from one
    process to the next; see `hashing_trick`).

    Args:
        input_text: a string.
        n: size of the vocabulary; two words may get the same number.
        filters, lower, split: see `text_to_word_sequence`.

    Example:
        >>> import cornu
        >>> len(cornu.preprocessing.text.one_hot("to be or not to be", 50))
        6
    """
    return hashing_trick(input_text, n, hash, filters, lower, split)


def hashing_trick(
    text, n, hash_function=None, filters=FILTERS, lower=True, split=" ", analyzer=None
):
    """The words of a text as numbers from 1 to `n - 1`.

    Args:
        text: a string.
        n: size of the vocabulary; two words may get the same number.
        hash_function: from a word to an integer; `"md5"` for one that is the same in every process;
            Python's `hash` by default.
        filters, lower, split: see `text_to_word_sequence`.
        analyzer: function from a text to its words, in place of `text_to_word_sequence`.

    Example:
        >>> import cornu
        >>> cornu.preprocessing.text.hashing_trick("to be or not", 50, "md5")
        [15, 5, 8, 36]
    """
    if hash_function is None:
        hash_function = hash
    elif hash_function == "md5":
        hash_function = _md5
    words = (
        text_to_word_sequence(text, filters, lower, split) if analyzer is None else analyzer(text)
    )
    return [hash_function(word) % (n - 1) + 1 for word in words]


def _md5(word):
    return int(hashlib.md5(word.encode(), usedforsecurity=False).hexdigest(), 16)


class Tokenizer:
    """Gives each word (or character) of some texts a number, the most frequent one 1, and turns
    texts into lists of such numbers or into vectors. 0 is no word.

    Args:
        num_words: only words with numbers below it are used; None for all.
        filters: characters that separate words, besides `split`.
        lower: whether texts are turned to lower case.
        split: what stands between words.
        char_level: whether each character is a word.
        oov_token: what stands for words that are not known; it gets the number 1. Without it they
            are left out.
        analyzer: function from a text to its words, in place of `text_to_word_sequence`.
        **kwargs: `document_count`, the number of texts seen so far; and `nb_words`, the name that
            `num_words` had in Keras 1.

    Raises:
        TypeError: for other arguments.

    Example:
        >>> import cornu
        >>> tokenizer = cornu.preprocessing.text.Tokenizer(oov_token="?")
        >>> tokenizer.fit_on_texts(["the cat sat on the mat"])
        >>> tokenizer.texts_to_sequences(["the dog sat"])
        [[2, 1, 4]]
    """

    def __init__(
        self,
        num_words=None,
        filters=FILTERS,
        lower=True,
        split=" ",
        char_level=False,
        oov_token=None,
        analyzer=None,
        **kwargs,
    ):
        num_words = kwargs.pop("nb_words", num_words)
        self.document_count = kwargs.pop("document_count", 0)
        if kwargs:
            raise TypeError(f"`Tokenizer` does not take the arguments {sorted(kwargs)}.")
        self.num_words = num_words
        self.filters = filters
        self.lower = lower
        self.split = split
        self.char_level = char_level
        self.oov_token = oov_token
        self.analyzer = analyzer
        self.word_counts = collections.OrderedDict()
        self.word_docs = collections.defaultdict(int)
        self.index_docs = collections.defaultdict(int)
        self.word_index, self.index_word = {}, {}

    def _words(self, text):
        if self.char_level or isinstance(text, list):
            if not self.lower:
                return text
            return [word.lower() for word in text] if isinstance(text, list) else text.lower()
        if self.analyzer is not None:
            return self.analyzer(text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def fit_on_texts(self, texts):
        """Count words, and number them.

        Args:
            texts: list (or iterator) of strings, or of lists of words.
        """
        for text in texts:
            self.document_count += 1
            words = self._words(text)
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in set(words):
                self.word_docs[word] += 1
        ranked = sorted(self.word_counts.items(), key=lambda pair: pair[1], reverse=True)
        first = [] if self.oov_token is None else [self.oov_token]
        words = [*first, *(word for word, _ in ranked)]
        self.word_index = {word: number for number, word in enumerate(words, start=1)}
        self.index_word = {number: word for word, number in self.word_index.items()}
        self.index_docs = collections.defaultdict(
            int, {self.word_index[word]: count for word, count in self.word_docs.items()}
        )

    def fit_on_sequences(self, sequences):
        """Count the numbers of lists, for `sequences_to_matrix(mode="tfidf")`.

        Args:
            sequences: list of lists of numbers.
        """
        self.document_count += len(sequences)
        for sequence in sequences:
            for number in set(sequence):
                self.index_docs[number] += 1

    def texts_to_sequences(self, texts):
        """The numbers of the words of each text, a list of lists.

        Args:
            texts: list of strings, or of lists of words.
        """
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts):
        """The lists of `texts_to_sequences`, one after the other."""
        unknown = self.word_index.get(self.oov_token)
        for text in texts:
            numbers = (self.word_index.get(word, unknown) for word in self._words(text))
            numbers = (unknown if self._is_rare(number) else number for number in numbers)
            yield [number for number in numbers if number is not None]

    def _is_rare(self, number):
        return bool(self.num_words) and number is not None and number >= self.num_words

    def sequences_to_texts(self, sequences):
        """The words of each list of numbers, joined by spaces.

        Args:
            sequences: list of lists of numbers.
        """
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences):
        """The texts of `sequences_to_texts`, one after the other."""
        unknown = self.index_word.get(self.word_index.get(self.oov_token))
        for sequence in sequences:
            words = (
                unknown if self._is_rare(number) else self.index_word.get(number, unknown)
                for number in sequence
            )
            yield " ".join(word for word in words if word is not None)

    def texts_to_matrix(self, texts, mode="binary"):
        """A row for each text; see `sequences_to_matrix`."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode=mode)

    def sequences_to_matrix(self, sequences, mode="binary"):
        """A row for each list of numbers, with a column for each word.

        Args:
            sequences: list of lists of numbers.
            mode: `"binary"`, whether the word is there; `"count"`, how often; `"freq"`, that over
                the number of words; `"tfidf"`, `(1 + log(count)) * log(1 + n / (1 + m))` where `m`
                of the `n` texts seen in fitting have the word.

        Returns:
            Array (texts, num_words).

        Raises:
            ValueError: for another mode, and before fitting.
        """
        if mode not in MODES:
            raise ValueError(
                f"Unknown vectorization mode: {mode!r}.{did_you_mean(mode, MODES)} Expected one of"
                f" {MODES}."
            )
        if not self.num_words and not self.word_index:
            raise ValueError("Give the Tokenizer `num_words`, or call `fit_on_texts` before.")
        if mode == "tfidf" and not self.document_count:
            raise ValueError("Call `fit_on_texts` or `fit_on_sequences` before: 'tfidf' counts.")
        width = self.num_words or len(self.word_index) + 1
        matrix = np.zeros((len(sequences), width))
        for row, sequence in zip(matrix, sequences, strict=True):
            counts = collections.Counter(number for number in sequence if number < width)
            for number, count in counts.items():
                row[number] = self._entry(mode, number, count, len(sequence))
        return matrix

    def _entry(self, mode, number, count, length):
        if mode == "binary":
            return 1
        if mode == "count":
            return count
        if mode == "freq":
            return count / length
        rarity = np.log(1 + self.document_count / (1 + self.index_docs.get(number, 0)))
        return (1 + np.log(count)) * rarity

    def get_config(self):
        """The arguments and counts, plain; dictionaries as JSON."""
        return {
            "num_words": self.num_words,
            "filters": self.filters,
            "lower": self.lower,
            "split": self.split,
            "char_level": self.char_level,
            "oov_token": self.oov_token,
            "document_count": self.document_count,
            "word_counts": json.dumps(self.word_counts),
            "word_docs": json.dumps(self.word_docs),
            "index_docs": json.dumps(self.index_docs),
            "index_word": json.dumps(self.index_word),
            "word_index": json.dumps(self.word_index),
        }

    def to_json(self, **kwargs):
        """The config as JSON, for `tokenizer_from_json`.

        Args:
            **kwargs: of `json.dumps`.
        """
        description = {"class_name": type(self).__name__, "config": self.get_config()}
        return json.dumps(description, **kwargs)


def tokenizer_from_json(json_string):
    """The `Tokenizer` that `to_json` described.

    Args:
        json_string: text.

    Raises:
        ValueError: if it is not that of a Tokenizer.

    Example:
        >>> import cornu
        >>> tokenizer = cornu.preprocessing.text.Tokenizer()
        >>> tokenizer.fit_on_texts(["a b a"])
        >>> text = tokenizer.to_json()
        >>> cornu.preprocessing.text.tokenizer_from_json(text).word_index
        {'a': 1, 'b': 2}
    """
    description = json.loads(json_string)
    config = description.get("config") if isinstance(description, dict) else None
    if not isinstance(config, dict):
        raise ValueError(f"This is not what `Tokenizer.to_json` wrote: {shorten(json_string)}")
    config = dict(config)
    counts = {
        name: json.loads(config.pop(name))
        for name in ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
    }
    tokenizer = Tokenizer(**config)
    tokenizer.word_counts = collections.OrderedDict(counts["word_counts"])
    tokenizer.word_docs = collections.defaultdict(int, counts["word_docs"])
    for name in ("index_docs", "index_word"):  # JSON made text of the numbers
        counts[name] = {int(key): value for key, value in counts[name].items()}
    tokenizer.index_docs = collections.defaultdict(int, counts["index_docs"])
    tokenizer.index_word, tokenizer.word_index = counts["index_word"], counts["word_index"]
    return tokenizer
