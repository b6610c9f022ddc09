# What is installed beside the programs, and the .deb: `cpack -G DEB` in a configured build folder.
install(FILES "${PROJECT_SOURCE_DIR}/ci/package/copyright" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(FILES "${PROJECT_SOURCE_DIR}/README.md" DESTINATION "${CMAKE_INSTALL_DOCDIR}" OPTIONAL)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/docs/" DESTINATION "${CMAKE_INSTALL_DOCDIR}"
        FILES_MATCHING PATTERN "*.md")
# Debian policy wants these compressed, with no time stamp in them.
# The program writes its own manual page and completions: they name the options that it has.
set(pages "${CMAKE_BINARY_DIR}/package")
file(MAKE_DIRECTORY "${pages}")
add_custom_command(OUTPUT "${pages}/wireproof.1"
                   COMMAND wireproof manual > "${pages}/wireproof.1" DEPENDS wireproof VERBATIM)
set(made "")
foreach(shell "bash;wireproof;${CMAKE_INSTALL_DATADIR}/bash-completion/completions"
              "zsh;_wireproof;${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions"
              "fish;wireproof.fish;${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
  list(GET shell 0 name)
  list(GET shell 1 file)
  list(GET shell 2 folder)
  add_custom_command(OUTPUT "${pages}/${name}/${file}"
                     COMMAND ${CMAKE_COMMAND} -E make_directory "${pages}/${name}"
                     COMMAND wireproof completion ${name} > "${pages}/${name}/${file}"
                     DEPENDS wireproof VERBATIM)
  list(APPEND made "${pages}/${name}/${file}")
  install(FILES "${pages}/${name}/${file}" DESTINATION "${folder}" OPTIONAL)
endforeach()
find_program(GZIP gzip)
if(GZIP)
  foreach(page "${pages}/wireproof.1;${CMAKE_INSTALL_MANDIR}/man1"
               "${PROJECT_SOURCE_DIR}/ci/package/changelog;${CMAKE_INSTALL_DOCDIR}")
    list(GET page 0 file)
    list(GET page 1 folder)
    get_filename_component(name "${file}" NAME)
    set(packed "${pages}/${name}.gz")
    add_custom_command(OUTPUT "${packed}" COMMAND ${GZIP} -9nc "${file}" > "${packed}"
                       DEPENDS "${file}" VERBATIM)
    list(APPEND made "${packed}")
    install(FILES "${packed}" DESTINATION "${folder}" OPTIONAL)
  endforeach()
endif()
add_custom_target(wireproof_pages ALL DEPENDS ${made})

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
