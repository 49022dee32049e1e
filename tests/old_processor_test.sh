#!/usr/bin/env bash
# A processor without AVX2, in emulation: the program says so in one line.
#   tests/old_processor_test.sh PROGRAM
set -euo pipefail
command -v qemu-x86_64 >/dev/null || { echo "skipped: qemu-x86_64 is not there (Debian's qemu-user)" && exit 77; }
wanted="error: this processor has no AVX2; selfreward needs AVX2, FMA and BMI2 (x86-64-v3: Intel since Haswell, AMD \
since Zen), or an arm64 processor"
found=$(OMP_NUM_THREADS=1 qemu-x86_64 -cpu Nehalem "$1" --version 2>&1) && { echo "it went on: $found" && exit 1; }
[ "$found" = "$wanted" ] || { echo "it said: $found" && exit 1; }
