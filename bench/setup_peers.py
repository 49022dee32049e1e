"""What bench/run measures with: a venv of the peers from PyPI, llama.cpp's library, model and GGUF files.

All of it is made on first use in ${SELFREWARD_CACHE:-~/.cache/selfreward}/bench; what is there is used.
  BENCH_PYTHON                          a Python that has the packages, instead of the venv
  BENCH_LLAMA_SRC, BENCH_LLAMA_BUILD    llama.cpp's source and a build of it
  BENCH_MODEL                           SmolLM2-135M-Instruct as a Hugging Face directory
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(os.environ.get("SELFREWARD_CACHE") or "~/.cache/selfreward").expanduser()
PACKAGES = ["torch==2.13.0", "transformers==5.23.0", "trl==1.16.0", "peft==0.21.2", "accelerate==1.15.0",
            "datasets==5.2.0", "gguf==0.19.0", "sentencepiece==0.2.3", "scikit-build-core==1.1.2",
            "ninja==1.13.2", "cmake==4.4.4"]
LLAMA = "llama-cpp-python==0.3.36"
LLAMA_OPTIONS = ["-DCMAKE_BUILD_TYPE=Release", "-DGGML_NATIVE=ON", *[
    f"-DLLAMA_{part}=OFF" for part in ("CURL", "OPENSSL", "BUILD_TESTS", "BUILD_SERVER", "BUILD_EXAMPLES",
                                       "BUILD_TOOLS")]]


def call(*words):
    """Runs a step of the setup, its output in a log."""
    words, log = list(map(str, words)), cache() / "setup.log"
    print("bench/run:", " ".join(words)[:100], "...", file=sys.stderr, flush=True)
    with log.open("w") as out:
        if subprocess.run(words, stdout=out, stderr=out).returncode != 0:
            raise RuntimeError(f"{' '.join(words)[:100]} ... failed, its reason is in {log}")


def given(name):
    return pathlib.Path(os.environ[name]).expanduser() if os.environ.get(name) else None


def cache():
    folder = CACHE / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def python():
    """The Python with the peers' packages. PyPI's torch brings CUDA along: the venv takes about 7 GB."""
    if given("BENCH_PYTHON"):
        return given("BENCH_PYTHON")
    venv, program = cache() / "venv", cache() / "venv/bin/python"
    stamp = venv / "packages.txt"
    if not stamp.exists() or stamp.read_text() != "\n".join(PACKAGES):
        call(sys.executable, "-m", "venv", venv)
        call(program, "-m", "pip", "install", "--quiet", "--no-cache-dir", *PACKAGES)
        stamp.write_text("\n".join(PACKAGES))
    return program


def llama_source():
    if given("BENCH_LLAMA_SRC"):
        return given("BENCH_LLAMA_SRC")
    name = LLAMA.replace("-", "_").replace("==", "-")
    source = cache() / name / "vendor/llama.cpp"
    if not source.exists():
        call(python(), "-m", "pip", "download", "--quiet", "--no-deps", "--no-build-isolation", "--no-binary",
             LLAMA.split("==")[0], LLAMA, "--dest", cache())
        shutil.unpack_archive(cache() / f"{name}.tar.gz", cache() / "partial")
        (cache() / "partial" / name).rename(cache() / name)
    return source


def llama_libraries():
    """The folder of libllama. Only that target is built: the default one fails without the tools."""
    if given("BENCH_LLAMA_BUILD"):
        return given("BENCH_LLAMA_BUILD") / "bin"
    build, tools = cache() / "llama-build", python().parent
    if not (build / "bin/libllama.so").exists():
        call(tools / "cmake", "-S", llama_source(), "-B", build, "-G", "Ninja", *LLAMA_OPTIONS,
             f"-DCMAKE_MAKE_PROGRAM={tools / 'ninja'}")
        call(tools / "ninja", "-C", build, "llama")
    return build / "bin"


def llama_version():
    text = (llama_source() / "CMakeLists.txt").read_text()
    parts = ("MAJOR", "MINOR", "PATCH")
    return ".".join(re.search(rf"LLAMA_VERSION_{part} (\d+)", text)[1] for part in parts) + f" ({LLAMA})"


def llama_program():
    """peers/llama_generate.cpp, built again when it is newer."""
    code, program = ROOT / "bench/peers/llama_generate.cpp", cache() / "llama_generate"
    source, libraries = llama_source(), llama_libraries()
    if not program.exists() or program.stat().st_mtime < code.stat().st_mtime:
        includes = [f"-I{source / folder}" for folder in ("include", "ggml/include", "vendor")]
        links = [f"-L{libraries}", "-lllama", "-lggml", "-lggml-base", f"-Wl,-rpath,{libraries}"]
        call("g++", "-O2", "-std=c++20", code, *includes, *links, "-o", program)
    return program


def model():
    if given("BENCH_MODEL"):
        return given("BENCH_MODEL")
    folder = CACHE / "smollm2/hf"
    if not (folder / "model.safetensors").exists():
        call(ROOT / "scripts/fetch-smollm2")
        call(ROOT / "build/release/src/app/selfreward", "import",
             folder.parent / "SmolLM2-135M-Instruct.Q4_1.gguf", folder)
    return folder


def gguf(dtype):
    kind = {"bfloat16": "bf16", "float32": "f32"}[dtype]
    file = cache() / f"smollm2-{kind}.gguf"
    if not file.exists():
        partial = file.with_suffix(".partial")
        call(python(), llama_source() / "convert_hf_to_gguf.py", model(), "--outtype", kind, "--outfile",
             partial)
        partial.rename(file)
    return file


def workload(name, scale):
    """The workload file; all of them are written again by each bench/run."""
    return cache() / f"workloads-{scale:g}" / f"{name}.json"


def write_workloads(scale):
    call(python(), ROOT / "bench/workloads.py", model() / "tokenizer.json", workload("", scale).parent, scale)
