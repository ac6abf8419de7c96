// Package check says what is wrong with a mapping, or what it declares.
package check
