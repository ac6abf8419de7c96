package main

import (
	"fmt"
	"os"
	"strings"
)

// replaceTable puts the table into a Markdown file, between the two lines that stand
// there for this way of noticing changes.
func replaceTable(file, watch, table string) error {
	tableBegin := "<!-- begin of the last table, watch: " + watch + "; make bench writes it -->"
	tableEnd := "<!-- end of the last table, watch: " + watch + " -->"
	content, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read the document: %w", err)
	}
	before, rest, found := strings.Cut(string(content), tableBegin)
	_, after, foundEnd := strings.Cut(rest, tableEnd)
	if !found || !foundEnd {
		return fmt.Errorf("%s: the lines %q and %q are missing", file, tableBegin, tableEnd)
	}
	content = []byte(before + tableBegin + "\n" + table + tableEnd + after)
	if err := os.WriteFile(file, content, 0o644); err != nil {
		return fmt.Errorf("write the document: %w", err)
	}
	return nil
}
