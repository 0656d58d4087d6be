"""All cases of the layers' table, by family."""

from layers import (
    activation_cases,
    attention_cases,
    conv_cases,
    core_cases,
    merging_cases,
    normalization_cases,
    pooling_cases,
    regularization_cases,
    reshaping_cases,
    rnn_cases,
)

FAMILIES = {
    "activation": activation_cases.CASES,
    "attention": attention_cases.CASES,
    "conv": conv_cases.CASES,
    "core": core_cases.CASES,
    "merging": merging_cases.CASES,
    "normalization": normalization_cases.CASES,
    "pooling": pooling_cases.CASES,
    "regularization": regularization_cases.CASES,
    "reshaping": reshaping_cases.CASES,
    "rnn": rnn_cases.CASES,
}
CASES = {name: case for family in FAMILIES.values() for name, case in family.items()}
if len(CASES) != sum(map(len, FAMILIES.values())):
    raise ValueError("two families have a case of the same name")
