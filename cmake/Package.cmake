# cmake --install build/release --prefix P: P/bin/selfreward, the libraries that it needs in P/lib, and what comes with it
# in P/share/selfreward. The tree may be moved as a whole, and needs of the system its C library alone.
#   cpack --config build/release/CPackConfig.cmake      # selfreward-VERSION-linux-x86_64.tar.gz
set_target_properties(selfreward PROPERTIES INSTALL_RPATH "$ORIGIN/../lib" INSTALL_RPATH_USE_LINK_PATH OFF)
# RPATH, which holds for the libraries of libraries too, not RUNPATH, which does not.
target_link_options(selfreward PRIVATE -Wl,--disable-new-dtags)
install(TARGETS selfreward RUNTIME_DEPENDENCY_SET selfreward_libraries RUNTIME DESTINATION bin)
get_filename_component(torch_libraries "${LibTorch_CPU_LIBRARY}" DIRECTORY)
get_filename_component(cuda_libraries "${torch_libraries}/../../nvidia/cu13/lib" ABSOLUTE)
install(RUNTIME_DEPENDENCY_SET selfreward_libraries DIRECTORIES "${torch_libraries}" "${cuda_libraries}"
  PRE_EXCLUDE_REGEXES "^ld-linux" "^lib(c|m|dl|rt|pthread|resolv|util)\\.so" LIBRARY DESTINATION lib)
install(DIRECTORY rubrics configs DESTINATION share/selfreward)
install(DIRECTORY playground/data playground/m0 DESTINATION share/selfreward/playground)
install(FILES playground/gold.yaml playground/rubric.yaml DESTINATION share/selfreward/playground)
install(DIRECTORY verifiable DESTINATION share/selfreward FILES_MATCHING PATTERN "*.jsonl" PATTERN "*.yaml")
install(FILES LICENSE NOTICE README.md DESTINATION share/selfreward)
get_filename_component(torch_wheels "${torch_libraries}/../.." ABSOLUTE)
get_filename_component(arrow_wheels "${Arrow_INCLUDE_DIR}" REALPATH)
get_filename_component(arrow_wheels "${arrow_wheels}/../.." ABSOLUTE)
install(CODE "
  set(root \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}\")
  execute_process(COMMAND \"${PROJECT_SOURCE_DIR}/scripts/bundled-licences\" \"\${root}/lib\"
    \"\${root}/share/selfreward/licences\" \"${torch_wheels}\" \"${arrow_wheels}\" COMMAND_ERROR_IS_FATAL ANY)")

set(CPACK_GENERATOR TGZ)
string(TOLOWER "${CMAKE_SYSTEM_NAME}" system)
set(CPACK_PACKAGE_FILE_NAME "selfreward-${PROJECT_VERSION}-${system}-${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_STRIP_FILES ON)
include(CPack)
