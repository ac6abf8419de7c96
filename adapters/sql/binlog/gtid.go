package binlog

import "fmt"

// parseGTID returns the global transaction id of a group, as the server's own
// functions print it, and whether the group is a single statement without an end of
// its own.
func parseGTID(event Event) (id string, standalone bool, err error) {
	body := buffer{data: event.Body}
	switch event.Type {
	case MariaDBGTIDEvent:
		sequence := body.littleEndian(8)
		domain := body.uint32()
		flags := body.uint8()
		id, standalone = fmt.Sprintf("%d-%d-%d", domain, event.ServerID, sequence), flags&1 != 0
	case GTIDEvent:
		body.skip(1)
		source := body.take(16)
		number := body.littleEndian(8)
		if body.err == nil {
			id = fmt.Sprintf("%x-%x-%x-%x-%x:%d", source[:4], source[4:6], source[6:8], source[8:10], source[10:], number)
		}
	}
	if body.err != nil {
		return "", false, fmt.Errorf("GTID event: %w", body.err)
	}
	return id, standalone, nil
}

// parseXAPrepare returns the name of the prepared transaction, spelled as the log
// spells it in XA COMMIT and XA ROLLBACK, and whether it is committed already.
func parseXAPrepare(event Event) (name string, onePhase bool, err error) {
	body := buffer{data: event.Body}
	onePhase = body.uint8() != 0
	format := body.uint32()
	global, branch := int(body.uint32()), int(body.uint32())
	globalID := body.take(global)
	branchID := body.take(branch)
	if body.err != nil {
		return "", false, fmt.Errorf("XA PREPARE event: %w", body.err)
	}
	return fmt.Sprintf("X'%X',X'%X',%d", globalID, branchID, format), onePhase, nil
}
