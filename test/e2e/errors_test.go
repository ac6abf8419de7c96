package e2e

import "fmt"

// missing is an error for something that should be there exactly once.
func missing(what string, count int) error {
	return fmt.Errorf("%s is there %d times, not once", what, count)
}
