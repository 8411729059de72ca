"""Kinds of blocks of PyTorch: what its functions and modules are called in a film, and which matters most."""

from __future__ import annotations

from torch import nn

from netviz.integrations.pytorch_trace import Call, ModuleCall

NORMS = {
    *("batch_norm", "layer_norm", "group_norm", "instance_norm", "rms_norm", "local_response_norm"),
    *("normalize", "native_layer_norm"),
}
_FUNCTIONS = {
    "attention": ("scaled_dot_product_attention", "multi_head_attention_forward"),
    "conv": (
        *("conv1d", "conv2d", "conv3d", "conv_tbc", "convolution"),
        *("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"),
    ),
    "recurrent": ("lstm", "gru", "rnn_tanh", "rnn_relu", "lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell"),
    "embedding": ("embedding", "embedding_bag", "one_hot"),
    "dense": ("linear", "bilinear", "matmul", "mm", "bmm", "addmm", "baddbmm", "einsum", "tensordot", "chain_matmul"),
    "norm": (*NORMS,),
    "pool": (
        *(f"{kind}_pool{n}d" for n in (1, 2, 3) for kind in ("max", "avg", "lp", "adaptive_max", "adaptive_avg")),
        *("fractional_max_pool2d", "fractional_max_pool3d", "mean", "amax", "logsumexp", "adaptive_max_pool2d"),
        *("max_pool2d_with_indices", "interpolate", "upsample", "grid_sample"),
    ),
    "activation": (
        *("relu", "tanh", "sigmoid", "leaky_relu", "elu", "gelu", "silu", "softmax", "log_softmax", "softplus"),
        *("hardtanh", "relu6", "hardswish", "hardsigmoid", "hardshrink", "softshrink", "tanhshrink", "mish", "selu"),
        *("celu", "prelu", "rrelu", "threshold", "logsigmoid", "softsign", "softmin", "glu", "clamp", "clip", "erf"),
        *("gumbel_softmax", "sin", "cos"),
    ),
    "add": ("add", "iadd", "radd", "__add__", "__iadd__", "__radd__", "sum"),
    "dropout": (*("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"),),
    "reshape": (
        *(
            "flatten",
            "view",
            "reshape",
            "squeeze",
            "unsqueeze",
            "permute",
            "transpose",
            "t",
            "T",
            "mT",
            "H",
            "swapaxes",
        ),
        *("swapdims", "movedim", "moveaxis", "unflatten", "expand", "expand_as", "repeat", "repeat_interleave", "tile"),
        *("chunk", "split", "unbind", "__getitem__", "select", "narrow", "index_select", "gather", "unfold", "fold"),
        *("pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "view_as", "reshape_as", "pad", "flip", "roll"),
        *("tensor_split", "vsplit", "hsplit", "ravel", "take_along_dim"),
    ),
}
_KINDS = {name: kind for kind, names in _FUNCTIONS.items() for name in names}
MATTERS = (
    *("attention", "conv", "recurrent", "embedding", "dense", "norm", "pool", "add", "activation"),
    *("dropout", "reshape", "other"),
)
"""Kinds, what matters most first."""
NO_BLOCK = {
    *("contiguous", "clone", "to", "type_as", "type", "float", "double", "half", "bfloat16", "cpu", "cuda", "detach"),
    *("data", "requires_grad", "requires_grad_", "real", "alias", "lift_fresh"),
}
"""Functions that are no block: they give the numbers that they take."""
MASKS = {"eq", "ne", "equal", "not_equal", "logical_not", "logical_and", "logical_or", "isnan", "isinf", "isfinite"}
"""Functions that only say where: masks are made of them, such as the padding of texts that attention leaves out."""
CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
"""Modules that only hold others."""
_WHOLE = (nn.MultiheadAttention, nn.RNNBase, nn.RNNCellBase)
"""Modules that are never opened though they may hold others."""
_LABELS = {"__getitem__": "select", "iadd": "add", "radd": "add", "__add__": "add", "__iadd__": "add", "rsub": "sub"}


def is_opened(module: nn.Module) -> bool:
    """True for a module whose parts may be shown instead of it."""
    if isinstance(module, _WHOLE) or hasattr(module, "parametrizations"):
        return False
    return next(module.children(), None) is not None


def label_of(item: ModuleCall | Call) -> str:
    """Kind of a module or function, as its framework calls it."""
    if isinstance(item, Call):
        return _LABELS.get(item.name, item.name.strip("_"))
    kind = type(getattr(item.module, "_orig_mod", item.module)).__name__
    return kind.removeprefix("Parametrized") if hasattr(item.module, "parametrizations") else kind


def kind_of(item: ModuleCall | Call) -> str:
    """Kind of what matters most in a module, or of a function."""
    if isinstance(item, Call):
        return _of_function(item)
    name = type(item.module).__name__.lower()
    children = next(item.module.children(), None) is not None
    if "attention" in name or "attn" in name:
        return "attention"
    calls = [*item.calls()]
    kinds = {_of_function(call) for call in calls}
    if "norm" in name and not children:
        return "norm"
    products = [call for call in calls if _KINDS.get(call.name) == "dense" and len(call.of_examples) > 1]
    if len(products) > 1 and any(call.name == "softmax" for call in calls):
        return "attention"
    return next((kind for kind in MATTERS if kind in kinds), "other")


def _of_function(call: Call) -> str:
    if call.name in ("matmul", "mm", "bmm", "baddbmm", "einsum", "tensordot") and len(call.of_examples) > 1:
        return "other"  # a product of two things that both depend on the examples
    return _KINDS.get(call.name, "other")
