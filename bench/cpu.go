package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// tick is the unit of the times in /proc/PID/stat: USER_HZ, which is 100 on every
// architecture that Go runs on.
const tick = 10 * time.Millisecond

// servers are the processes that do the work of one subject.
type servers []int

// cpuTime returns what all of them have used so far, in user and kernel mode.
func (s servers) cpuTime() (time.Duration, error) {
	var total time.Duration
	for _, process := range s {
		fields, err := processFields(process)
		if err != nil {
			return 0, err
		}
		// Fields 14 and 15, counted from 1; the first two are cut off.
		for _, field := range [][]byte{fields[11], fields[12]} {
			ticks, err := strconv.ParseInt(string(field), 10, 64)
			if err != nil {
				return 0, fmt.Errorf("CPU time of process %d: %w", process, err)
			}
			total += time.Duration(ticks) * tick
		}
	}
	return total, nil
}

// residentBytes returns the memory that all of them hold.
func (s servers) residentBytes() (int64, error) {
	var total int64
	for _, process := range s {
		fields, err := processFields(process)
		if err != nil {
			return 0, err
		}
		pages, err := strconv.ParseInt(string(fields[21]), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("memory of process %d: %w", process, err)
		}
		total += pages * int64(os.Getpagesize())
	}
	return total, nil
}

// processFields returns the fields after the program's name, which may hold spaces.
func processFields(process int) ([][]byte, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process))
	if err != nil {
		return nil, fmt.Errorf("times of process %d (the benchmark needs Linux): %w", process, err)
	}
	end := bytes.LastIndexByte(content, ')')
	fields := bytes.Fields(content[end+1:])
	if end < 0 || len(fields) < 22 {
		return nil, fmt.Errorf("times of process %d: cannot read %q", process, content)
	}
	return fields, nil
}
