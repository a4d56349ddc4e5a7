#pragma once

namespace ramet {

// Gives back what this process holds and does not need just now: free memory of malloc's, and the pages of programs and
// libraries, which stay in the page cache and are mapped again one by one when they are run. Throws std::system_error.
void release();

}  // namespace ramet
