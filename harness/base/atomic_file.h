// Files that are whole or not there: written without a name, synced to a name by rename(2).
#pragma once

#include <filesystem>
#include <string_view>

namespace wireproof {

// Creates missing folders. Throws SystemError naming the file (ENOSPC included); then neither a
// partial nor a temporary file is left, and an older file of that name is as it was.
void write_file_atomically(const std::filesystem::path& file, std::string_view content);

// Whether that will do, as far as it can be known before minutes of work: throws what it would.
// Makes missing folders, and neither makes nor touches the file.
void try_to_write(const std::filesystem::path& file);

}  // namespace wireproof
