"""The bundled encoder's layers as an ONNX graph, in 32-bit floats or in 8-bit integers.

Reads: weights by name (encode.py).  Gives: bytes of an ONNX model: embedded float [B, T, d], mask int32 [B, T] ->
vector float [B, d], states float [B, T, d] where they are asked for; for texts of one length, embedded -> states.
Next: engine.py runs it. The fused operators are ONNX Runtime's own (domain com.microsoft); embedding rows are looked up
outside, so that the table is not in the graph and its pages are read only where a text has the token.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["fp32", "int8"]
VERSION = 4  # of what is built: another number, another file in the cache
LARGEST = 127  # of the codes of a weight
_FUSED = "com.microsoft"
_N_ADDED = 64  # products of the probe


def build(weights: Mapping[str, NDArray[np.float32]], config: Mapping[str, Any], kind: Kind, *,
          is_padded: bool = True) -> bytes:
    """The encoder after the embedding lookup: BERT's layers, the mean over tokens, length 1 (see encode.bert, which the
    tests compare).

    weights: matrices [out, in] under the names of the published file. int8: each weight matrix is rounded with one
    scale per output channel when built, activations with one scale per call (ONNX Runtime's dynamic quantization);
    sums, norms and softmax stay in floats.
    is_padded: without, every token is one of a text, so there is no mask, and states are all that is given; attention
    then adds none to its scores, which is a twentieth of the time.
    """
    from onnx import TensorProto, helper

    graph = _Graph(weights, kind, float(config["layer_norm_eps"]), "mask" if is_padded else "")
    x = graph.node("LayerNormalization", ["embedded", *graph.norm("embeddings.LayerNorm")], axis=-1, epsilon=graph.eps)
    for i in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{i}"
        x = graph.attention(x, f"{layer}.attention", config["num_attention_heads"])
        h = graph.feed_forward(x, f"{layer}.intermediate.dense")
        x = graph.linear_and_norm(h, x, f"{layer}.output")
    graph.node("Identity", [x], output="states")
    inputs = [helper.make_tensor_value_info("embedded", TensorProto.FLOAT, ["B", "T", config["hidden_size"]])]
    outputs = [helper.make_tensor_value_info("states", TensorProto.FLOAT, ["B", "T", config["hidden_size"]])]
    if is_padded:
        graph.pool(x)
        inputs.append(helper.make_tensor_value_info("mask", TensorProto.INT32, ["B", "T"]))
        outputs.append(helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["B", config["hidden_size"]]))
    made = helper.make_graph(graph.nodes, "encoder", inputs, outputs, graph.constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17),
                                                   helper.make_opsetid(_FUSED, 1)], ir_version=8)
    data: bytes = model.SerializeToString()
    return data


def build_probe() -> bytes:
    """A product of the greatest 8-bit integers, which `saturates` looks at."""
    from onnx import TensorProto, helper, numpy_helper

    codes = numpy_helper.from_array(np.full((_N_ADDED, 16), LARGEST, np.int8), "codes")
    made = helper.make_graph([helper.make_node("MatMulInteger", ["x", "codes"], ["y"])], "probe",
                             [helper.make_tensor_value_info("x", TensorProto.UINT8, [1, _N_ADDED])],
                             [helper.make_tensor_value_info("y", TensorProto.INT32, [1, 16])], [codes])
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    data: bytes = model.SerializeToString()
    return data


def saturates(probe: bytes) -> bool:
    """Whether this processor adds products of 8-bit integers in 16 bits, where 255 * 127 twice is too much: x86 without
    VNNI does."""
    (y,) = open_session(probe).run(None, {"x": np.full((1, _N_ADDED), 255, np.uint8)})
    return bool((y != 255 * LARGEST * _N_ADDED).any())


def open_session(data: bytes, *, is_widened: bool = False) -> Any:
    """An onnxruntime.InferenceSession of a graph built here, which computes in the thread that calls it.

    is_widened: products of integers are added in 32 bits by other instructions, exact where `saturates` but slower.
    """
    runtime = load_runtime()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    if is_widened:
        options.add_session_config_entry("session.x64quantprecision", "1")
    return runtime.InferenceSession(data, options, providers=["CPUExecutionProvider"],
                                    disabled_optimizers=["SkipLayerNormFusion"])


def load_runtime() -> Any:
    """onnxruntime, told first to keep no log of its use: 1.32 writes a device id and events to be sent into ~/.cache at
    each import."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    return onnxruntime


class _Graph:
    """Nodes and constants as they are added; each method gives the name of what it computes."""

    def __init__(self, weights: Mapping[str, NDArray[np.float32]], kind: Kind, eps: float, mask: str) -> None:
        """mask: the input that says which tokens are there, "" where all are."""
        self.weights, self.kind, self.eps, self.mask = weights, kind, eps, mask
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def node(self, operator: str, inputs: list[str], n_outputs: int = 1, domain: str = "", output: str = "",
             **attributes: Any) -> str:
        from onnx import helper

        names = [output or f"{operator}_{len(self.nodes)}_{i}" for i in range(n_outputs)]
        self.nodes.append(helper.make_node(operator, inputs, names, domain=domain, **attributes))
        return names[0]

    def constant(self, name: str, values: NDArray[Any]) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def norm(self, name: str) -> list[str]:
        return [self.constant(f"{name}.{part}", self.weights[f"{name}.{part}"]) for part in ("weight", "bias")]

    def rounded(self, name: str, matrix: NDArray[np.float32]) -> tuple[str, str]:
        """(int8 [in, out], scale float [out]) of a matrix [in, out]."""
        scale = np.abs(matrix).max(axis=0).clip(min=1e-12) / LARGEST
        return (self.constant(f"{name}.codes",
                              np.rint(matrix / scale).astype(np.int8)),
                self.constant(f"{name}.scale", scale.astype(np.float32)))

    def attention(self, x: str, name: str, n_heads: int) -> str:
        """softmax(q k^T / sqrt(d / H)) v of every head, its output layer, the residual and the norm."""
        parts = ("query", "key", "value")
        matrix = np.concatenate([self.weights[f"{name}.self.{part}.weight"].T for part in parts], axis=1)  # [d, 3d]
        bias = self.constant(f"{name}.qkv.bias",
                             np.concatenate([self.weights[f"{name}.self.{part}.bias"] for part in parts]))
        if self.kind == "fp32":
            a = self.node("Attention", [x, self.constant(f"{name}.qkv", matrix), bias, self.mask], domain=_FUSED,
                          num_heads=n_heads)
        else:
            codes, scale = self.rounded(f"{name}.qkv", matrix)
            zero = self.constant(f"{name}.qkv.zero", np.zeros(matrix.shape[1], np.int8))
            q = self.node("DynamicQuantizeLinear", [x], n_outputs=3)
            a = self.node("QAttention", [q, codes, bias, q[:-1] + "1", scale, self.mask, q[:-1] + "2", zero],
                          domain=_FUSED, num_heads=n_heads)
        return self.linear_and_norm(a, x, f"{name}.output")

    def linear_and_norm(self, h: str, residual: str, name: str) -> str:
        """Not SkipLayerNormalization, which adds and norms in one: it took a quarter of the time of int8, these two
        take a twentieth."""
        bias = self.constant(f"{name}.dense.bias", self.weights[f"{name}.dense.bias"])
        matrix = self.weights[f"{name}.dense.weight"].T
        if self.kind == "fp32":
            y = self.node("Add", [self.node("MatMul", [h, self.constant(f"{name}.dense", matrix)]), bias])
        else:
            y = self.node("DynamicQuantizeMatMul", [h, *self.rounded(f"{name}.dense", matrix), "", bias], domain=_FUSED)
        return self.node("LayerNormalization", [self.node("Add", [y, residual]), *self.norm(f"{name}.LayerNorm")],
                         axis=-1, epsilon=self.eps)

    def feed_forward(self, x: str, name: str) -> str:
        """GELU(x W + b), with the exact error function."""
        bias = self.constant(f"{name}.bias", self.weights[f"{name}.bias"])
        matrix = self.weights[f"{name}.weight"].T
        if self.kind == "fp32":
            return self.node("BiasGelu", [self.node("MatMul", [x, self.constant(name, matrix)]), bias], domain=_FUSED)
        return self.node(
            "Gelu", [self.node("DynamicQuantizeMatMul", [x, *self.rounded(name, matrix), "", bias], domain=_FUSED)],
            domain=_FUSED)

    def pool(self, x: str) -> None:
        """The mean over the tokens that are there, at length 1."""
        from onnx import TensorProto

        last, tokens = self.constant("last", np.array([-1], np.int64)), self.constant("tokens", np.array([1], np.int64))
        weight = self.node("Unsqueeze", [self.node("Cast", ["mask"], to=TensorProto.FLOAT), last])  # [B, T, 1]
        total = self.node("ReduceSum", [self.node("Mul", [x, weight]), tokens], keepdims=0)
        mean = self.node("Div", [total, self.node("ReduceSum", [weight, tokens], keepdims=0)])
        self.node("LpNormalization", [mean], output="vector", axis=-1, p=2)
