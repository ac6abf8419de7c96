package object

type tableColumn struct{}

func (k *Kind) compileColumns() error { return nil }
