package column

// CanonicalText returns how a column value spelled as in the mapping file is spelled
// by Text.
func (c *Codec) CanonicalText(text string) (string, error) { return c.family.canonical(text) }

// Text returns the canonical text of what the driver gave for the column, and
// whether that is NULL.
func (c *Codec) Text(source any) (text string, isNull bool, err error) {
	if source == nil {
		return "", true, nil
	}
	text, err = c.family.text(source)
	return text, false, err
}
