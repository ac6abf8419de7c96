package main

// The container image has no files but the program, so the time zones that a mapping
// may name come with it.
import _ "time/tzdata"
