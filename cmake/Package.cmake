# What is installed beside the programs, and the .deb: `cpack -G DEB` in a configured build folder.
install(FILES "${PROJECT_SOURCE_DIR}/ci/package/copyright" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(FILES "${PROJECT_SOURCE_DIR}/README.md" DESTINATION "${CMAKE_INSTALL_DOCDIR}" OPTIONAL)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/docs/" DESTINATION "${CMAKE_INSTALL_DOCDIR}"
        FILES_MATCHING PATTERN "*.md")
# Debian policy wants these compressed, with no time stamp in them.
find_program(GZIP gzip)
if(GZIP)
  foreach(page "wireproof.1;${CMAKE_INSTALL_MANDIR}/man1" "changelog;${CMAKE_INSTALL_DOCDIR}")
    list(GET page 0 name)
    list(GET page 1 folder)
    set(packed "${CMAKE_BINARY_DIR}/package/${name}.gz")
    add_custom_command(OUTPUT "${packed}"
                       COMMAND ${CMAKE_COMMAND} -E make_directory "${CMAKE_BINARY_DIR}/package"
                       COMMAND ${GZIP} -9nc "${PROJECT_SOURCE_DIR}/ci/package/${name}" > "${packed}"
                       DEPENDS "${PROJECT_SOURCE_DIR}/ci/package/${name}" VERBATIM)
    list(APPEND packed_pages "${packed}")
    install(FILES "${packed}" DESTINATION "${folder}" OPTIONAL)
  endforeach()
  add_custom_target(wireproof_pages ALL DEPENDS ${packed_pages})
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME wireproof)
set(CPACK_PACKAGE_CONTACT "wireproof maintainers <maintainers@wireproof.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "conformance and load testing of TCP, UDP and UNIX-socket programs")
set(CPACK_PACKAGE_DESCRIPTION
"Launches servers and clients, drives them with scripted scenarios, captures
their packets, proves from the capture and the kernel that each connection
opened and closed as the standards say, and writes reports that people and CI
read. Needs no privilege where user namespaces are allowed.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# The programs that some of the shipped scenarios run; without them those are skipped.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "ncat, python3, socat")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
include(CPack)
