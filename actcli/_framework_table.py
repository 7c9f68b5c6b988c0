"""What each framework calls each function. Data alone; read by frameworks.py, checked by tests/check_frameworks.py.

A row is: spellings | function here | parameters there, with their defaults | note. A parameter without a default must
be given there. A function with parameters (``leaky_relu:alpha=0.3``) is what the spelling does unless told otherwise.
"""

# by framework: other names of it, the modules by their abbreviations in the rows (with other ways to write them), rows
TABLE: dict[str, tuple[tuple[str, ...], dict[str, tuple[str, ...]], str]] = {
    "torch": (
        ("pytorch",),
        {
            "nn": ("torch.nn", "nn"),
            "F": ("torch.nn.functional", "F", "nn.functional"),
            "torch": ("torch",),
        },
        """
nn.Identity | identity
nn.ReLU F.relu torch.relu | relu
nn.ReLU6 F.relu6 | relu6
nn.LeakyReLU F.leaky_relu | leaky_relu | negative_slope=0.01
nn.PReLU | prelu | init=0.25
F.prelu torch.prelu | prelu | weight
nn.RReLU | rrelu | lower=1/8, upper=1/3 | random slopes in training mode, which a module starts in
F.rrelu torch.rrelu | rrelu | lower=1/8, upper=1/3, training=False
nn.Threshold F.threshold | threshold | threshold, value
torch.heaviside | step | values | values is the result at 0
nn.ELU F.elu | elu | alpha=1.0
nn.CELU F.celu torch.celu | celu | alpha=1.0
nn.SELU F.selu torch.selu | selu
nn.GELU F.gelu | gelu | approximate='none' | approximate='tanh' is gelu_tanh
nn.SiLU F.silu | swish
nn.Mish F.mish | mish
nn.Hardswish F.hardswish | hard_swish
nn.Sigmoid F.sigmoid torch.sigmoid | sigmoid
nn.Hardsigmoid F.hardsigmoid | hard_sigmoid | | the slope in float64 is a float32 number
nn.LogSigmoid F.logsigmoid | log_sigmoid
nn.Softplus F.softplus | softplus | beta=1.0, threshold=20.0 | x itself where beta*x > threshold: off by 2.1e-9 there
nn.Tanh F.tanh torch.tanh | tanh
nn.Hardtanh F.hardtanh | hard_tanh | min_val=-1.0, max_val=1.0
nn.Tanhshrink F.tanhshrink | tanhshrink
nn.Softsign F.softsign | softsign
nn.Hardshrink F.hardshrink | hard_shrink | lambd=0.5
nn.Softshrink F.softshrink | soft_shrink | lambd=0.5
torch.exp | exponential
torch.erf | erf
torch.sin | sin
nn.Softmax F.softmax torch.softmax | softmax | dim=None | None is deprecated: the first axis of 1 or 3, else the second
nn.Softmax2d | softmax:axis=-3
nn.LogSoftmax F.log_softmax torch.log_softmax | log_softmax | dim=None
nn.Softmin F.softmin | softmin | dim=None
F.gumbel_softmax | gumbel_softmax | tau=1, hard=False, dim=-1 | always random
nn.GLU F.glu | glu | dim=-1
torch.logsumexp | logsumexp | dim
""",
    ),
    "jax": (
        (),
        {"nn": ("jax.nn",)},
        """
nn.identity | identity
nn.relu | relu
nn.relu6 | relu6
nn.leaky_relu | leaky_relu | negative_slope=0.01
nn.elu | elu | alpha=1.0
nn.celu | celu | alpha=1.0
nn.selu | selu
nn.gelu | gelu_tanh | approximate=True | approximate=False is gelu
nn.silu nn.swish | swish
nn.mish | mish
nn.hard_silu nn.hard_swish | hard_swish
nn.sigmoid | sigmoid
nn.hard_sigmoid | hard_sigmoid
nn.sparse_sigmoid | sparse_sigmoid | | slope 1/4 at the kinks
nn.log_sigmoid | log_sigmoid
nn.softplus | softplus
nn.sparse_plus | sparse_plus
nn.squareplus | squareplus | b=4
nn.tanh | tanh
nn.hard_tanh | hard_tanh | | slope 1 at the kinks
nn.soft_sign | softsign
nn.softmax | softmax | axis=-1
nn.log_softmax | log_softmax | axis=-1
nn.glu | glu | axis=-1
nn.standardize | standardize | axis=-1, epsilon=1e-05 | the variance as a difference of means, which cancels
nn.logsumexp | logsumexp | axis=None | over all axes unless told otherwise
nn.logmeanexp | logmeanexp | axis=None | over all axes unless told otherwise
""",
    ),
    "keras": (
        (),
        {
            "act": ("keras.activations", "tf.keras.activations"),
            "layers": ("keras.layers", "tf.keras.layers"),
            "ops": ("keras.ops",),
        },
        """
act.linear layers.Identity | identity
act.relu layers.ReLU ops.relu | relu | negative_slope=0.0, max_value=None, threshold=0.0
act.relu6 ops.relu6 | relu6
act.leaky_relu ops.leaky_relu | leaky_relu:alpha=0.2 | negative_slope=0.2
layers.LeakyReLU | leaky_relu:alpha=0.3 | negative_slope=0.3 | not the 0.2 of keras.activations
layers.PReLU | prelu:alpha=0 | alpha_initializer='Zeros' | starts as relu
act.threshold ops.threshold | threshold | threshold, default_value
act.elu layers.ELU ops.elu | elu | alpha=1.0
act.celu ops.celu | celu | alpha=1.0 | slope at 0 is 2 on TensorFlow
act.selu ops.selu | selu
act.gelu | gelu | approximate=False | approximate=True is gelu_tanh
ops.gelu | gelu_tanh | approximate=True | approximate=False is gelu
act.silu act.swish ops.silu ops.swish | swish
act.mish ops.mish | mish
act.hard_silu act.hard_swish ops.hard_silu ops.hard_swish | hard_swish
act.sigmoid ops.sigmoid | sigmoid
act.hard_sigmoid ops.hard_sigmoid | hard_sigmoid | | 0.2*x + 0.5 before Keras 3
act.sparse_sigmoid ops.sparse_sigmoid | sparse_sigmoid
act.log_sigmoid ops.log_sigmoid | log_sigmoid
act.softplus ops.softplus | softplus
act.sparse_plus ops.sparse_plus | sparse_plus
act.squareplus ops.squareplus | squareplus | b=4
act.tanh ops.tanh | tanh | | in float32 on JAX, whatever the input
act.hard_tanh ops.hard_tanh | hard_tanh
act.tanh_shrink ops.tanh_shrink | tanhshrink
act.softsign ops.soft_sign | softsign
act.hard_shrink ops.hard_shrink | hard_shrink | threshold=0.5
act.soft_shrink ops.soft_shrink | soft_shrink | threshold=0.5
act.exponential ops.exp | exponential
ops.erf | erf
ops.sin | sin
act.softmax layers.Softmax ops.softmax | softmax | axis=-1
act.log_softmax ops.log_softmax | log_softmax | axis=-1
act.sparsemax ops.sparsemax | sparsemax | axis=-1
act.glu ops.glu | glu | axis=-1
ops.logsumexp | logsumexp | axis=None | over all axes unless told otherwise
""",
    ),
    "tensorflow": (
        ("tf",),
        {
            "nn": ("tf.nn", "tensorflow.nn"),
            "math": ("tf.math", "tensorflow.math"),
            "tf": ("tf", "tensorflow"),
            "tfa": ("tfa.activations", "tensorflow_addons.activations"),
            "tfal": ("tfa.layers", "tensorflow_addons.layers"),
        },
        """
tf.identity | identity
nn.relu | relu
nn.relu6 | relu6
nn.leaky_relu | leaky_relu:alpha=0.2 | alpha=0.2 | as a float32 number
tfa.rrelu | rrelu | lower=1/8, upper=1/3, training=False
tfal.TLU | tlu | | the threshold is learned
nn.elu | elu
nn.selu | selu | | slope at 0 is that of the right side
nn.gelu | gelu | approximate=False | constants are float32 numbers: 5e-9 off in float64
tfa.gelu tfal.GELU | gelu_tanh | approximate=True | approximate=False is gelu
nn.silu nn.swish | swish | beta=1.0
tfa.mish | mish
nn.sigmoid math.sigmoid tf.sigmoid | sigmoid
math.log_sigmoid | log_sigmoid
nn.softplus math.softplus | softplus
nn.tanh math.tanh tf.tanh | tanh
tfa.tanhshrink | tanhshrink
nn.softsign math.softsign | softsign
tfa.lisht | lisht
tfa.hardshrink | hard_shrink | lower=-0.5, upper=0.5
tfa.softshrink | soft_shrink | lower=-0.5, upper=0.5
tfa.snake tfal.Snake | snake | frequency=1
math.exp tf.exp | exponential
math.erf | erf
math.sin tf.sin | sin
nn.softmax math.softmax | softmax | axis=-1
nn.log_softmax math.log_softmax | log_softmax | axis=-1
tfa.sparsemax tfal.Sparsemax | sparsemax | axis=-1
nn.crelu | crelu | axis=-1
tfal.Maxout | maxout | num_units, axis=-1 | num_units outputs, not pieces
math.reduce_logsumexp tf.reduce_logsumexp | logsumexp | axis=None | over all axes unless told otherwise
""",
    ),
    "mlx": (
        (),
        {"nn": ("mlx.nn",), "mx": ("mlx.core", "mx")},
        """
nn.Identity | identity
nn.relu nn.ReLU | relu
nn.relu6 nn.ReLU6 | relu6
nn.relu2 nn.ReLU2 | relu2
nn.leaky_relu nn.LeakyReLU | leaky_relu | negative_slope=0.01
nn.PReLU | prelu | init=0.25 | slope at 0 is 1.25, which neither side has
nn.prelu | prelu | alpha
nn.step nn.Step | step | threshold=0.0
nn.elu nn.ELU | elu | alpha=1.0
nn.celu nn.CELU | celu | alpha=1.0 | slope at 0 is 0, which neither side has
nn.selu nn.SELU | selu:scale=1.0507,alpha=1.67326 | | constants are cut to six digits
nn.gelu nn.GELU | gelu | approx='none'
nn.gelu_approx | gelu_tanh
nn.gelu_fast_approx | quick_gelu
nn.silu nn.SiLU | swish
nn.mish nn.Mish | mish
nn.hardswish nn.Hardswish | hard_swish
nn.sigmoid nn.Sigmoid | sigmoid
nn.log_sigmoid nn.LogSigmoid | log_sigmoid
nn.softplus nn.Softplus | softplus
nn.tanh nn.Tanh | tanh
nn.hard_tanh nn.HardTanh | hard_tanh | min_val=-1.0, max_val=1.0
nn.softsign nn.Softsign | softsign
nn.hard_shrink nn.HardShrink | hard_shrink | lambd=0.5
nn.softshrink nn.Softshrink | soft_shrink | lambd=0.5
mx.exp | exponential
mx.erf | erf
mx.sin | sin
nn.softmax nn.Softmax mx.softmax | softmax | axis=-1
nn.log_softmax nn.LogSoftmax | log_softmax | axis=-1
nn.softmin nn.Softmin | softmin | axis=-1
nn.glu nn.GLU | glu | axis=-1
mx.logsumexp | logsumexp | axis=None | over all axes unless told otherwise
""",
    ),
    "huggingface": (
        ("hugging_face", "hf", "transformers", "act2fn"),
        {"act": ("ACT2FN", "transformers", "transformers.activations.ACT2FN")},
        """
act.linear | identity
act.relu | relu
act.relu2 | relu2
act.relu6 | relu6
act.leaky_relu | leaky_relu | negative_slope=0.01
act.prelu | prelu | init=0.25
act.gelu act.gelu_python | gelu
act.gelu_new act.gelu_fast act.gelu_accurate act.gelu_pytorch_tanh act.gelu_python_tanh | gelu_tanh | | five names of one function
act.quick_gelu | quick_gelu
act.gelu_10 | gelu_10
act.silu act.swish | swish
act.mish | mish
act.hardswish | hard_swish
act.sigmoid | sigmoid
act.sqrtsoftplus | sqrtsoftplus | | the slope is NaN where softplus underflows
act.tanh | tanh
act.laplace | laplace:mu=0.707107,sigma=0.282095 | mu=0.707107, sigma=0.282095
act.xielu | xielu | alpha_p_init=0.8, alpha_n_init=0.8, beta=0.5, eps=-1e-6 | parameters are bfloat16: 0.80078125
""",
    ),
    "timm": (
        (),
        {"timm": ("timm", "timm.layers"), "meta": ("timm.models.metaformer",)},
        """
timm.identity | identity
timm.relu | relu
timm.relu6 | relu6
timm.leaky_relu | leaky_relu | negative_slope=0.01
timm.prelu | prelu | init=0.25
meta.SquaredReLU | relu2
meta.StarReLU | star_relu:scale=1,bias=0 | scale_value=1.0, bias_value=0.0 | learned; the paper starts at 0.8944 and -0.4472
timm.elu | elu | alpha=1.0
timm.celu | celu | alpha=1.0
timm.selu | selu
timm.gelu | gelu
timm.gelu_tanh | gelu_tanh
timm.quick_gelu | quick_gelu
timm.silu timm.swish | swish
timm.mish | mish
timm.hard_swish timm.hardswish | hard_swish
timm.hard_mish | hard_mish
timm.sigmoid | sigmoid
timm.hard_sigmoid | hard_sigmoid
timm.tanh | tanh
""",
    ),
    "onnx": (
        (),
        {"op": ("onnx", "onnx.op", "ai.onnx")},
        """
op.Identity | identity
op.Relu | relu
op.LeakyRelu | leaky_relu | alpha=0.01 | as a float32 number
op.PRelu | prelu | slope
op.ThresholdedRelu | thresholded_relu | alpha=1.0
op.Elu | elu | alpha=1.0
op.Celu | celu | alpha=1.0
op.Selu | selu:scale=1.0507010221481323,alpha=1.6732631921768188 | gamma=1.05070102214813232421875, alpha=1.67326319217681884765625 | float32 numbers
op.Gelu | gelu | approximate='none' | approximate='tanh' is gelu_tanh
op.Swish | swish | alpha=1.0
op.Mish | mish
op.HardSwish | hard_swish
op.Sigmoid | sigmoid
op.HardSigmoid | hard_sigmoid:lower=-2.5,upper=2.5 | alpha=0.2, beta=0.5 | slope 0.2, not 1/6 as in HardSwish
op.Softplus | softplus
op.Tanh | tanh
op.Softsign | softsign
op.Shrink | shrink | lambd=0.5, bias=0.0 | hard_shrink by default, soft_shrink with bias=lambd
op.Exp | exponential
op.Erf | erf
op.Sin | sin
op.Softmax | softmax | axis=-1 | before opset 13: axis=1, the axes from there on as one
op.LogSoftmax | log_softmax | axis=-1 | before opset 13: axis=1, the axes from there on as one
op.Hardmax | hardmax | axis=-1 | before opset 13: axis=1, the axes from there on as one
op.SwiGLU | swiglu
op.ReduceLogSumExp | logsumexp | axes=None | over all axes unless told otherwise
""",
    ),
    "nnlib": (
        ("nnlib.jl", "julia", "flux"),
        {"lib": ("NNlib", "Flux")},
        """
lib.identity | identity
lib.relu | relu
lib.relu6 | relu6
lib.leakyrelu | leaky_relu | a=0.01
lib.rrelu | rrelu | lo=1/8, hi=1/3 | always random
lib.trelu lib.thresholdrelu | thresholded_relu | theta=1
lib.elu | elu | α=1
lib.celu | celu | α=1
lib.selu | selu
lib.gelu lib.gelu_tanh | gelu_tanh
lib.gelu_erf | gelu
lib.gelu_sigmoid | quick_gelu
lib.swish | swish
lib.mish | mish
lib.hardswish | hard_swish | | slopes at the kinks are -1/2 and 3/2
lib.sigmoid lib.σ lib.sigmoid_fast | sigmoid
lib.hardsigmoid lib.hardσ | hard_sigmoid
lib.logsigmoid lib.logσ | log_sigmoid
lib.softplus | softplus
lib.tanh lib.tanh_fast | tanh
lib.hardtanh | hard_tanh
lib.tanhshrink | tanhshrink
lib.softsign | softsign
lib.lisht | lisht
lib.logcosh | logcosh
lib.softshrink | soft_shrink | λ=0.5
lib.softmax | softmax:axis=0 | dims=1 | over the first axis
lib.logsoftmax | log_softmax:axis=0 | dims=1 | over the first axis
lib.logsumexp | logsumexp | dims=: | over all axes unless told otherwise
""",
    ),
    "paddle": (
        ("paddlepaddle",),
        {
            "F": ("paddle.nn.functional",),
            "nn": ("paddle.nn",),
            "paddle": ("paddle",),
        },
        """
nn.Identity | identity
F.relu nn.ReLU | relu | | NaN becomes 0
F.relu6 nn.ReLU6 | relu6
F.leaky_relu nn.LeakyReLU | leaky_relu | negative_slope=0.01
F.prelu | prelu | weight
nn.PReLU | prelu | init=0.25
F.rrelu nn.RReLU | rrelu | lower=1/8, upper=1/3, training=True | random unless told otherwise
F.thresholded_relu nn.ThresholdedReLU | thresholded_relu | threshold=1.0, value=0.0
paddle.heaviside | step | y | y is the result at 0
F.elu nn.ELU | elu | alpha=1.0
F.celu nn.CELU | celu | alpha=1.0
F.selu nn.SELU | selu | | constants are float32 numbers: 4e-7 off
F.gelu nn.GELU | gelu | approximate=False | approximate=True is gelu_tanh
F.silu F.swish nn.Silu nn.Swish | swish
F.mish nn.Mish | mish
F.hardswish nn.Hardswish | hard_swish
F.sigmoid nn.Sigmoid | sigmoid
F.hardsigmoid nn.Hardsigmoid | hard_sigmoid:lower=-2.9999994000001200,upper=2.9999994000001200 | slope=0.1666667, offset=0.5 | seven digits of 1/6
F.log_sigmoid nn.LogSigmoid | log_sigmoid | | 0 where it should be small
F.softplus nn.Softplus | softplus | beta=1, threshold=20 | x itself where beta*x > threshold; 0 where it should be small
F.tanh nn.Tanh paddle.tanh | tanh
F.hardtanh nn.Hardtanh | hard_tanh | min=-1.0, max=1.0
F.tanhshrink nn.Tanhshrink | tanhshrink
F.softsign nn.Softsign | softsign
paddle.stanh | stanh | scale_a=0.67, scale_b=1.7159
F.hardshrink nn.Hardshrink | hard_shrink | threshold=0.5 | keeps the thresholds themselves
F.softshrink nn.Softshrink | soft_shrink | threshold=0.5
paddle.exp | exponential
paddle.erf | erf
paddle.sin | sin
F.softmax nn.Softmax | softmax | axis=-1
nn.Softmax2D | softmax:axis=-3
F.log_softmax nn.LogSoftmax | log_softmax | axis=-1 | never below -64 on a processor
F.gumbel_softmax | gumbel_softmax | temperature=1.0, hard=False, axis=-1 | always random
F.maxout nn.Maxout | maxout:axis=1 | groups, axis=1
F.glu nn.GLU | glu | axis=-1
F.swiglu | swiglu | y=None
paddle.logsumexp | logsumexp | axis=None | over all axes unless told otherwise
""",
    ),
}

# What a parameter is called there and here, by function. One that is called the same means the same; one that is not
# among these does what no parameter does here.
RENAMED: dict[str, dict[str, str]] = {
    "leaky_relu": {"negative_slope": "alpha", "a": "alpha"},
    "prelu": {"init": "alpha", "weight": "alpha", "slope": "alpha"},
    "rrelu": {"lo": "lower", "hi": "upper"},
    "threshold": {"threshold": "theta", "default_value": "value"},
    "thresholded_relu": {"threshold": "theta", "alpha": "theta"},
    "step": {"threshold": "theta"},
    "elu": {"α": "alpha"},
    "celu": {"α": "alpha"},
    "selu": {"gamma": "scale"},
    "star_relu": {"scale_value": "scale", "bias_value": "bias"},
    "xielu": {"alpha_p_init": "alpha_p", "alpha_n_init": "alpha_n"},
    "swish": {"alpha": "beta"},
    "snake": {"frequency": "alpha"},
    "stanh": {"scale_a": "a", "scale_b": "b"},
    "hard_tanh": {"min": "min_val", "max": "max_val"},
    "hard_shrink": {"threshold": "lambd"},
    "soft_shrink": {"threshold": "lambd", "λ": "lambd"},
    "standardize": {"epsilon": "eps"},
    "gumbel_softmax": {"dim": "axis", "temperature": "tau"},
    "softmax": {"dim": "axis"},
    "log_softmax": {"dim": "axis"},
    "softmin": {"dim": "axis"},
    "glu": {"dim": "axis"},
    "logsumexp": {"dim": "axis", "axes": "axis"},
}
