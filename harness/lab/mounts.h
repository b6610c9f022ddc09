// The mount namespace of a case, and the scratch folder in it.
// Thread rule: called in the case process before it has other threads' paths to care for.
#pragma once

#include <filesystem>

namespace wireproof::lab {

// Moves the process into a mount namespace of its own, from which nothing spreads to the parent.
void enter_private_mounts();

// Mounts a small tmpfs, writable by everyone, over a folder that exists everywhere and is short: it
// ends with the mount namespace, so even SIGKILL leaves nothing. An empty folder is preferred, so
// that nothing is hidden from programs.
std::filesystem::path mount_scratch();

// Where no mount namespace may be made: a folder with a random name, to be removed by its owner.
std::filesystem::path make_scratch_folder();

}  // namespace wireproof::lab
