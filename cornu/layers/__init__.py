"""`keras.layers`: lists only; families hold the code."""

from cornu.layers._input_spec import InputSpec
from cornu.layers._layer import Layer
from cornu.layers.activation.activation import Activation
from cornu.layers.conv.conv import Conv1D, Conv2D
from cornu.layers.core.dense import Dense
from cornu.layers.core.embedding import Embedding
from cornu.layers.core.identity import Identity
from cornu.layers.core.input_layer import Input, InputLayer
from cornu.layers.core.lambda_layer import Lambda
from cornu.layers.merging.merge import Add, Concatenate, Subtract, add, concatenate, subtract
from cornu.layers.normalization.batch_normalization import BatchNormalization
from cornu.layers.pooling.pooling import GlobalAveragePooling2D, MaxPooling2D
from cornu.layers.regularization.dropout import Dropout
from cornu.layers.reshaping.reshape import Flatten, Reshape

Convolution1D = Conv1D
Convolution2D = Conv2D
MaxPool2D = MaxPooling2D
GlobalAvgPool2D = GlobalAveragePooling2D

__all__ = [
    "Activation",
    "Add",
    "BatchNormalization",
    "Concatenate",
    "Conv1D",
    "Conv2D",
    "Convolution1D",
    "Convolution2D",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "GlobalAveragePooling2D",
    "GlobalAvgPool2D",
    "Identity",
    "Input",
    "InputLayer",
    "InputSpec",
    "Lambda",
    "Layer",
    "MaxPool2D",
    "MaxPooling2D",
    "Reshape",
    "Subtract",
    "add",
    "concatenate",
    "subtract",
]
