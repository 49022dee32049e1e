# selfreward_embed(TARGET target SYMBOL kScript FILES a.js b.js): compiles files, put together in this order, into a
# library as
#   namespace selfreward { extern const std::string_view kScript; }
# The same file is the script that writes the source, run again by the build when one of FILES changes.
function(selfreward_embed)
  cmake_parse_arguments(ARG "" "TARGET;SYMBOL" "FILES" ${ARGN})
  list(TRANSFORM ARG_FILES PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/" OUTPUT_VARIABLE inputs)
  list(JOIN inputs "|" joined)
  set(output "${CMAKE_CURRENT_BINARY_DIR}/${ARG_SYMBOL}.cpp")
  set(script "${PROJECT_SOURCE_DIR}/cmake/EmbedFile.cmake")
  add_custom_command(OUTPUT "${output}" DEPENDS ${inputs} "${script}" VERBATIM
    COMMAND "${CMAKE_COMMAND}" "-DEMBED_INPUTS=${joined}" "-DEMBED_OUTPUT=${output}"
            "-DEMBED_SYMBOL=${ARG_SYMBOL}" -P "${script}")
  target_sources(${ARG_TARGET} PRIVATE "${output}")
endfunction()

if(EMBED_INPUTS)
  string(REPLACE "|" ";" inputs "${EMBED_INPUTS}")
  set(bytes "")
  foreach(input ${inputs})
    file(READ "${input}" part HEX)
    string(APPEND bytes "${part}")
  endforeach()
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
  string(REGEX REPLACE "((........){32})" "\\1\n" bytes "${bytes}") # some compilers dislike endless lines
  file(WRITE "${EMBED_OUTPUT}"
    "// Made from ${EMBED_INPUTS} by the build.\n#include <string_view>\n\nnamespace selfreward {\n"
    "static constexpr char kBytes[] = {\n${bytes}\n};\n"
    "extern const std::string_view ${EMBED_SYMBOL};\n"
    "constinit const std::string_view ${EMBED_SYMBOL}(kBytes, sizeof kBytes);\n}  // namespace selfreward\n")
endif()
