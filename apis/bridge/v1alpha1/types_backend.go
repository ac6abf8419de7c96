package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Backend is a legacy system: one database server and schema, or one gRPC service.
//
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object
type Backend struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Spec BackendSpec `json:"spec"`
}

// BackendSpec holds exactly one kind of backend.
type BackendSpec struct {
	MySQL *MySQLBackend `json:"mysql,omitempty"`
	GRPC  *GRPCBackend  `json:"grpc,omitempty"`
}

// WatchMode says how changes made by others are noticed.
// +enum
type WatchMode string

const (
	// WatchAuto uses the database's log where it is complete, else polling.
	WatchAuto WatchMode = "Auto"
	// WatchBinlog uses the database's log, and fails where that is not possible.
	WatchBinlog WatchMode = "Binlog"
	// WatchPoll compares snapshots.
	WatchPoll WatchMode = "Poll"
)

// MySQLBackend is a MySQL or MariaDB server. Exactly one of DSN and DSNFrom is set.
type MySQLBackend struct {
	// DSN in the form of github.com/go-sql-driver/mysql; for development.
	DSN string `json:"dsn,omitempty"`
	// DSNFrom says where the DSN is kept.
	DSNFrom *ValueSource `json:"dsnFrom,omitempty"`
	// LogDSNFrom is a direct connection for the log, where DSNFrom goes through a proxy.
	LogDSNFrom *ValueSource `json:"logDsnFrom,omitempty"`
	// Watch defaults to Auto.
	Watch WatchMode `json:"watch,omitempty"`
	// PollInterval is the shortest time between two comparisons. It defaults to 2s.
	PollInterval *metav1.Duration `json:"pollInterval,omitempty"`
	// MaxOpenConns bounds the connections of the pool. It defaults to 8.
	MaxOpenConns int32 `json:"maxOpenConns,omitempty"`
	// TimeZone is the application's zone (IANA name, or an offset such as +01:00): the meaning of DATETIME, and of
	// NOW() in what is written. It defaults to the server's @@global.time_zone.
	TimeZone string `json:"timeZone,omitempty"`
}

// ValueSource says where a secret value is kept. Exactly one field is set.
type ValueSource struct {
	// Env names an environment variable.
	Env string `json:"env,omitempty"`
	// File names a file, read again when it changes. Relative to the mapping file.
	File string `json:"file,omitempty"`
}

// GRPCBackend is a gRPC service.
type GRPCBackend struct {
	// Address is a gRPC target, such as dns:///idp.internal:5557.
	Address string `json:"address"`
	// TLS configures transport security. Exactly one of TLS and Insecure is set.
	TLS *GRPCTLS `json:"tls,omitempty"`
	// Insecure turns transport security off; for development.
	Insecure bool `json:"insecure,omitempty"`
	// DescriptorSet names a file with the service's descriptors. Relative to the mapping file.
	DescriptorSet string `json:"descriptorSet,omitempty"`
	// Timeout of each call. It defaults to 5s.
	Timeout *metav1.Duration `json:"timeout,omitempty"`
	// PollInterval is the shortest time between two lists. It defaults to 10s.
	PollInterval *metav1.Duration `json:"pollInterval,omitempty"`
}

// GRPCTLS names the files of transport security, read again when they change.
type GRPCTLS struct {
	CAFile     string `json:"caFile,omitempty"`
	CertFile   string `json:"certFile,omitempty"`
	KeyFile    string `json:"keyFile,omitempty"`
	ServerName string `json:"serverName,omitempty"`
}
