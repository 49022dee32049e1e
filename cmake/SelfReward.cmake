# selfreward_library(NAME room SOURCES ... TESTS ... DEPS ...): one library and its unit tests.
# The rooms with tensors, the server, and what is above them without tensors: what runs under sanitizers and in emulation.
set(kCore base data label text gold model_files model infer train feedback_rules serve_api serve evaluate_metrics
  evaluate_endpoint config run_paths monitor report)
add_custom_target(core_tests)

# Every test file becomes one ctest entry named library.place.file, so that a failure names its place.
add_library(selfreward_options INTERFACE)
target_compile_options(selfreward_options INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor $<$<BOOL:${SELFREWARD_WERROR}>:-Werror>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>  # GCC 12 warns wrongly about std::string concatenation (GCC bug 105651)
  $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>  # libstdc++ 12's stable_sort makes Clang warn of its buffer
  # GCC 13 and later take a reference for one to the temporary beside it.
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_GREATER_EQUAL:$<CXX_COMPILER_VERSION>,13>>:-Wno-dangling-reference>)
target_include_directories(selfreward_options INTERFACE "${PROJECT_SOURCE_DIR}/src")
if(SELFREWARD_SANITIZE)
  target_compile_options(selfreward_options INTERFACE -fsanitize=${SELFREWARD_SANITIZE} -fno-sanitize-recover=all -O1 -g1)
  target_link_options(selfreward_options INTERFACE -fsanitize=${SELFREWARD_SANITIZE})
endif()

# TORCH: the room computes with tensors. LibTorch's headers stop there: what links such a room sees none of them, but
# its tests may (TENSORS_IN_TESTS). The first room of each kind (base, model) owns the precompiled header.
function(selfreward_library)
  cmake_parse_arguments(ARG "TORCH;TENSORS_IN_TESTS;UNITY" "NAME" "SOURCES;TESTS;DEPS" ${ARGN})
  set(target "selfreward_${ARG_NAME}")
  add_library(${target} STATIC ${ARG_SOURCES})
  if(ARG_UNITY)
    selfreward_unity(${target} ${ARG_SOURCES})
  else()
    selfreward_compiles_fast(${target})
  endif()
  target_link_libraries(${target} PUBLIC selfreward_options ${ARG_DEPS})
  if(ARG_TORCH)
    target_link_libraries(${target} PRIVATE LibTorch::LibTorch)
    selfreward_precompiled(${target} ${ARG_NAME} model "${PROJECT_SOURCE_DIR}/src/model/ops/torch_pch.h")
  else()
    selfreward_precompiled(${target} ${ARG_NAME} base "${PROJECT_SOURCE_DIR}/src/base/pch.h")
  endif()
  if(ARG_TESTS)
    selfreward_tests(NAME ${ARG_NAME} SOURCES ${ARG_TESTS} DEPS ${target})
    if(ARG_TORCH OR ARG_TENSORS_IN_TESTS)
      target_link_libraries(${ARG_NAME}_tests PRIVATE LibTorch::LibTorch)
      target_precompile_headers(${ARG_NAME}_tests REUSE_FROM selfreward_model)
      selfreward_unity(${ARG_NAME}_tests ${ARG_TESTS})
    else()
      target_precompile_headers(${ARG_NAME}_tests REUSE_FROM selfreward_base)
    endif()
  endif()
endfunction()

# Code whose speed nobody waits for: -Og compiles in two thirds of the time. GCC takes no precompiled header that was made
# with other options of the processor, of which -O2 sets two from GCC 13 on, and several on arm64.
function(selfreward_compiles_fast target)
  if(CMAKE_BUILD_TYPE STREQUAL "Release" AND CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    target_compile_options(${target} PRIVATE -Og
      "$<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_GREATER_EQUAL:$<CXX_COMPILER_VERSION>,13>>:-munroll-only-small-loops;-mvzeroupper>")
  endif()
endfunction()

# UNITY: the files of a room are compiled together, so that headers are read and templates made once: for rooms that
# change seldom and cost most, and for tests of tensors. At most kUnityFiles of them, or one would keep a core while the
# other waits.
set(kUnityFiles 8)
function(selfreward_unity target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  foreach(source ${ARGN})
    get_filename_component(room ${source} DIRECTORY)
    string(MAKE_C_IDENTIFIER "room_${room}" group)
    math(EXPR number "${count_${group}} + 0")
    math(EXPR batch "${number} / ${kUnityFiles}")
    math(EXPR count_${group} "${number} + 1")
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP "${group}_${batch}")
  endforeach()
endfunction()

# selfreward_precompiled(TARGET NAME OWNER HEADER): the room OWNER compiles HEADER, the others take it from there.
function(selfreward_precompiled target name owner header)
  if(name STREQUAL owner)
    target_precompile_headers(${target} PRIVATE ${header})
  else()
    target_precompile_headers(${target} REUSE_FROM selfreward_${owner})
  endif()
endfunction()

# Every test file becomes one ctest entry, named by its place: jinja/limits_test.cpp of text is text.jinja.limits.
function(selfreward_tests)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;DEPS" ${ARGN})
  set(target "${ARG_NAME}_tests")
  # One thread a test: ctest runs several at once, and OpenMP threads that share a core wait for each other.
  set(threads OMP_NUM_THREADS=1)
  set(program ${target})
  add_executable(${target} ${ARG_SOURCES})
  if(ARG_NAME IN_LIST kCore)
    add_dependencies(core_tests ${target})
    set(label core)
  endif()
  selfreward_compiles_fast(${target})
  if(SELFREWARD_SANITIZE STREQUAL "thread")
    target_sources(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests/support/openmp_threads.cpp")
    set(program setarch ${CMAKE_SYSTEM_PROCESSOR} --addr-no-randomize $<TARGET_FILE:${target}>)  # for its memory map
    set(threads OMP_NUM_THREADS=2 OMP_WAIT_POLICY=passive TSAN_OPTIONS=ignore_noninstrumented_modules=1)
  endif()
  target_link_libraries(${target} PRIVATE ${ARG_DEPS} selfreward_doctest_main)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests")  # support/
  target_compile_definitions(${target} PRIVATE SELFREWARD_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  foreach(source ${ARG_SOURCES})
    string(REGEX REPLACE "_test\\.cpp$" "" place ${source})
    string(REPLACE "/" "." name ${place})
    add_test(NAME ${ARG_NAME}.${name} COMMAND ${program} "--source-file=*/${source}" --no-skip
             WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
    set_tests_properties(${ARG_NAME}.${name} PROPERTIES ENVIRONMENT "${threads}" LABELS "${label}")
  endforeach()
endfunction()

add_library(selfreward_doctest_main STATIC "${PROJECT_SOURCE_DIR}/tests/doctest_main.cpp")
target_link_libraries(selfreward_doctest_main PUBLIC selfreward_options doctest::doctest)
