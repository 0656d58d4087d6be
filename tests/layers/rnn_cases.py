"""Recurrent layers and what is wrapped around them."""

from layers.case import FIRST, Case, bools, floats

STEPS = floats(2, 5, 3)
MASK = bools(2, 5)
LINES, IMAGES, VOLUMES = floats(2, 3, 6, 2), floats(2, 3, 5, 4, 2), floats(1, 2, 3, 4, 3, 2)

CASES = {
    "simple_rnn": Case(lambda k: k.layers.SimpleRNN(4), STEPS, mask=MASK),
    "simple_rnn_relu": Case(
        lambda k: k.layers.SimpleRNN(4, "relu", use_bias=False, return_sequences=True),
        STEPS,
        mask=MASK,
    ),
    "simple_rnn_backwards": Case(
        lambda k: k.layers.SimpleRNN(4, go_backwards=True, return_sequences=True), STEPS, mask=MASK
    ),
    "simple_rnn_softmax": Case(
        lambda k: k.layers.SimpleRNN(4, "softmax", return_sequences=True), STEPS, mask=MASK
    ),
    "simple_rnn_softmax_backwards": Case(
        lambda k: k.layers.SimpleRNN(4, "softmax", go_backwards=True, return_state=True),
        STEPS,
        mask=MASK,
    ),
    "gru": Case(lambda k: k.layers.GRU(4), STEPS, mask=MASK),
    "gru_sequences": Case(
        lambda k: k.layers.GRU(4, return_sequences=True, return_state=True, go_backwards=True),
        STEPS,
        mask=MASK,
    ),
    "gru_no_bias": Case(
        lambda k: k.layers.GRU(
            4, "softsign", recurrent_activation="hard_sigmoid", use_bias=False, unroll=True
        ),
        STEPS,
        mask=MASK,
    ),
    "gru_reset_before": Case(
        lambda k: k.layers.GRU(4, reset_after=False, return_sequences=True), STEPS, mask=MASK
    ),
    "gru_softmax": Case(lambda k: k.layers.GRU(4, "softmax", reset_after=False), STEPS, mask=MASK),
    "lstm": Case(lambda k: k.layers.LSTM(4), STEPS, mask=MASK),
    "lstm_sequences": Case(
        lambda k: k.layers.LSTM(4, return_sequences=True, return_state=True), STEPS, mask=MASK
    ),
    "lstm_state": Case(
        lambda k: k.layers.LSTM(4, return_state=True, unit_forget_bias=False), STEPS, mask=MASK
    ),
    "lstm_backwards": Case(
        lambda k: k.layers.LSTM(4, go_backwards=True, return_sequences=True), STEPS, mask=MASK
    ),
    "lstm_unroll": Case(
        lambda k: k.layers.LSTM(4, "relu", use_bias=False, unroll=True), STEPS, mask=MASK
    ),
    "lstm_zero_output": Case(
        lambda k: k.layers.LSTM(4, return_sequences=True, zero_output_for_mask=True),
        STEPS,
        mask=MASK,
    ),
    "lstm_penalties": Case(
        lambda k: k.layers.LSTM(
            4,
            kernel_regularizer="l2",
            recurrent_regularizer="l1",
            bias_regularizer=k.regularizers.L1(0.3),
            activity_regularizer=k.regularizers.L2(0.1),
            kernel_constraint="max_norm",
            recurrent_constraint="unit_norm",
            bias_constraint="non_neg",
            kernel_initializer=k.initializers.RandomNormal(stddev=0.2, seed=3),
            name="penalised",
        ),
        STEPS,
    ),
    "rnn": Case(
        lambda k: k.layers.RNN(k.layers.LSTMCell(4), return_sequences=True), STEPS, mask=MASK
    ),
    "rnn_stacked": Case(
        lambda k: k.layers.RNN(
            [k.layers.LSTMCell(4), k.layers.GRUCell(3)], return_sequences=True, return_state=True
        ),
        STEPS,
        mask=MASK,
    ),
    "rnn_stacked_backwards": Case(
        lambda k: k.layers.RNN(
            k.layers.StackedRNNCells([k.layers.GRUCell(4), k.layers.SimpleRNNCell(3)]),
            go_backwards=True,
        ),
        STEPS,
        mask=MASK,
    ),
    "rnn_stacked_softmax": Case(
        lambda k: k.layers.RNN(
            [k.layers.LSTMCell(4), k.layers.SimpleRNNCell(3, "softmax")], return_state=True
        ),
        STEPS,
        mask=MASK,
    ),
    "conv_lstm1d": Case(lambda k: k.layers.ConvLSTM1D(3, 2), LINES),
    "conv_lstm1d_sequences": Case(
        lambda k: k.layers.ConvLSTM1D(
            3, 2, strides=2, padding="same", return_sequences=True, return_state=True
        ),
        LINES,
    ),
    "conv_lstm2d": Case(lambda k: k.layers.ConvLSTM2D(2, (2, 3), padding="same"), IMAGES),
    "conv_lstm2d_sequences": Case(
        lambda k: k.layers.ConvLSTM2D(
            2, 2, dilation_rate=(2, 1), recurrent_activation="hard_sigmoid", return_sequences=True
        ),
        IMAGES,
    ),
    "conv_lstm2d_first": Case(
        lambda k: k.layers.ConvLSTM2D(2, 2, data_format=FIRST, go_backwards=True),
        floats(2, 3, 2, 5, 4),
    ),
    "conv_lstm3d": Case(lambda k: k.layers.ConvLSTM3D(2, 2, use_bias=False), VOLUMES),
    "bidirectional": Case(lambda k: k.layers.Bidirectional(k.layers.LSTM(4)), STEPS, mask=MASK),
    "bidirectional_sum": Case(
        lambda k: k.layers.Bidirectional(
            k.layers.GRU(4, return_sequences=True), merge_mode="sum", name="both"
        ),
        STEPS,
        mask=MASK,
    ),
    "bidirectional_mul": Case(
        lambda k: k.layers.Bidirectional(k.layers.SimpleRNN(4), merge_mode="mul"), STEPS, mask=MASK
    ),
    "bidirectional_ave": Case(
        lambda k: k.layers.Bidirectional(
            k.layers.LSTM(4, return_sequences=True, return_state=True), merge_mode="ave"
        ),
        STEPS,
        mask=MASK,
    ),
    "bidirectional_apart": Case(
        lambda k: k.layers.Bidirectional(k.layers.LSTM(4, return_sequences=True), merge_mode=None),
        STEPS,
        mask=MASK,
    ),
    "bidirectional_other": Case(
        lambda k: k.layers.Bidirectional(
            k.layers.LSTM(4), backward_layer=k.layers.GRU(3, go_backwards=True)
        ),
        STEPS,
        mask=MASK,
    ),
    "time_distributed": Case(
        lambda k: k.layers.TimeDistributed(k.layers.Dense(4)), STEPS, mask=MASK
    ),
    "time_distributed_conv": Case(
        lambda k: k.layers.TimeDistributed(k.layers.Conv2D(3, 2, activation="relu")), IMAGES
    ),
    "time_distributed_steps": Case(
        lambda k: k.layers.TimeDistributed(k.layers.BatchNormalization(momentum=0.7)), STEPS
    ),
    "time_distributed_lstm": Case(
        lambda k: k.layers.TimeDistributed(k.layers.LSTM(3)),
        floats(2, 3, 4, 2),
        mask=bools(2, 3, 4),
    ),
}
