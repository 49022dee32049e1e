"""llama.cpp through llama-cpp-python 0.3.36, for the scripts beside this one. LLAMA_CPP_LIB_PATH names the folder of
libllama.so where the package was not built with pip."""
import ctypes

import llama_cpp
import numpy as np

FTYPES = {"Q2_K": llama_cpp.LLAMA_FTYPE_MOSTLY_Q2_K, "Q3_K_M": llama_cpp.LLAMA_FTYPE_MOSTLY_Q3_K_M,
          "Q4_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_0, "Q4_K_M": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_K_M,
          "Q5_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q5_0, "Q5_1": llama_cpp.LLAMA_FTYPE_MOSTLY_Q5_1,
          "Q5_K_M": llama_cpp.LLAMA_FTYPE_MOSTLY_Q5_K_M, "Q6_K": llama_cpp.LLAMA_FTYPE_MOSTLY_Q6_K,
          "IQ4_NL": llama_cpp.LLAMA_FTYPE_MOSTLY_IQ4_NL, "IQ4_XS": llama_cpp.LLAMA_FTYPE_MOSTLY_IQ4_XS}
F32 = 0  # GGML_TYPE_F32, of the KV cache


def quantize(source, target, kind):
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype, params.nthread = FTYPES[kind], 1
    status = llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(params))
    assert status == 0, f"llama_model_quantize {kind}: {status}"


class Model:
    """A GGUF file, computed with a float32 KV cache and without flash attention."""

    def __init__(self, path, context=512):
        self.llama = llama_cpp.Llama(str(path), n_ctx=context, n_batch=context, n_threads=1, n_threads_batch=1,
                                     logits_all=True, type_k=F32, type_v=F32, flash_attn=False, verbose=False)

    def tokenize(self, text, add_bos=False):
        return self.llama.tokenize(text.encode(), add_bos=add_bos, special=True)

    def logits(self, ids):
        """[tokens, vocabulary] float32."""
        self.llama.reset()
        self.llama.eval(ids)
        return np.array(self.llama.scores[:len(ids)])

    def greedy(self, ids, count, stops):
        new = []
        scores = self.logits(ids)[-1]
        while len(new) < count:
            new.append(int(scores.argmax()))
            if new[-1] in stops:
                break
            self.llama.eval(new[-1:])
            scores = self.llama.scores[self.llama.n_tokens - 1]
        return new
