# LibTorch out of an unpacked libtorch, a torch wheel, or the cache that scripts/setup fills.
# The package's own TorchConfig.cmake asks for a CUDA toolkit where the wheel is a CUDA one; this does not.
set(_cache "$ENV{SELFREWARD_CACHE}")
if(NOT _cache)
  set(_cache "$ENV{HOME}/.cache/selfreward")
endif()
# Another place than that of the last configuration is looked at anew: what was found is kept.
if(NOT "${LibTorch_LOOKED_IN}" STREQUAL "${TORCH_DIR};${_cache}")
  unset(LibTorch_INCLUDE_DIR CACHE)
  unset(LibTorch_CPU_LIBRARY CACHE)
  unset(LibTorch_C10_LIBRARY CACHE)
  set(LibTorch_LOOKED_IN "${TORCH_DIR};${_cache}" CACHE INTERNAL "")
endif()
find_path(LibTorch_INCLUDE_DIR NAMES ATen/ATen.h NO_DEFAULT_PATH
  PATHS "${TORCH_DIR}" "${_cache}/torch" PATH_SUFFIXES include torch/include)
find_library(LibTorch_CPU_LIBRARY NAMES torch_cpu NO_DEFAULT_PATH
  PATHS "${TORCH_DIR}" "${_cache}/torch" PATH_SUFFIXES lib torch/lib)
find_library(LibTorch_C10_LIBRARY NAMES c10 NO_DEFAULT_PATH
  PATHS "${TORCH_DIR}" "${_cache}/torch" PATH_SUFFIXES lib torch/lib)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch
  REQUIRED_VARS LibTorch_CPU_LIBRARY LibTorch_C10_LIBRARY LibTorch_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "Run scripts/setup, or set TORCH_DIR to an unpacked libtorch 2.11 - 2.13.")

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  get_filename_component(_lib "${LibTorch_CPU_LIBRARY}" DIRECTORY)
  get_filename_component(_wheels "${_lib}/../.." ABSOLUTE)
  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  target_include_directories(LibTorch::LibTorch SYSTEM INTERFACE
    "${LibTorch_INCLUDE_DIR}" "${LibTorch_INCLUDE_DIR}/torch/csrc/api/include")
  # at::parallel_for is a header: without OpenMP it runs on one thread. There has to be one runtime, or two pools of
  # threads would wait for each other: LibTorch's libgomp, or Clang's libomp, which answers libgomp's calls too where it
  # is loaded first.
  target_compile_options(LibTorch::LibTorch INTERFACE -fopenmp)
  find_library(LibTorch_OPENMP_LIBRARY NAMES libgomp.so.1 gomp NO_DEFAULT_PATH PATHS "${_lib}")
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    find_package(OpenMP REQUIRED COMPONENTS CXX)
    set(_openmp "${OpenMP_omp_LIBRARY}")
  elseif(LibTorch_OPENMP_LIBRARY)
    set(_openmp "${LibTorch_OPENMP_LIBRARY}")
  else()
    target_link_options(LibTorch::LibTorch INTERFACE -fopenmp)
  endif()
  target_link_libraries(LibTorch::LibTorch INTERFACE
    -Wl,--no-as-needed ${_openmp} "${LibTorch_CPU_LIBRARY}" "${LibTorch_C10_LIBRARY}" -Wl,--as-needed Threads::Threads)
  target_link_options(LibTorch::LibTorch INTERFACE
    "-Wl,-rpath-link,${_lib}:${_wheels}/nvidia/cu13/lib")
endif()
