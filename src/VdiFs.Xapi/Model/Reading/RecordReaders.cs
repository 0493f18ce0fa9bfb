namespace VdiFs.Xapi.Model.Reading;

/// <summary>XAPI's records as ours: ocaml/idl/datamodel.ml has the names of the fields.</summary>
internal static class RecordReaders
{
    public static PoolRecord Pool(OpaqueRef self, RecordFields fields) => new()
    {
        Ref = self,
        Uuid = fields.Text("uuid"),
        NameLabel = fields.Text("name_label"),
        Master = fields.Ref("master"),
        OtherConfig = fields.Map("other_config"),
    };

    public static HostRecord Host(OpaqueRef self, RecordFields fields) => new()
    {
        Ref = self,
        Uuid = fields.Text("uuid"),
        NameLabel = fields.Text("name_label"),
        HostName = fields.Text("hostname"),
        Address = fields.Text("address"),
        Enabled = fields.Flag("enabled"),
        Metrics = fields.Ref("metrics"),
        SoftwareVersion = fields.Map("software_version"),
    };

    public static HostMetricsRecord HostMetrics(OpaqueRef self, RecordFields fields) => new()
    {
        Ref = self,
        Uuid = fields.Text("uuid"),
        Live = fields.Flag("live"),
    };

    public static NetworkRecord Network(OpaqueRef self, RecordFields fields) => new()
    {
        Ref = self,
        Uuid = fields.Text("uuid"),
        NameLabel = fields.Text("name_label"),
        Bridge = fields.Text("bridge"),
        Purpose = fields.Texts("purpose"),
    };

    public static PifRecord Pif(OpaqueRef self, RecordFields fields) => new()
    {
        Ref = self,
        Uuid = fields.Text("uuid"),
        Host = fields.Ref("host"),
        Network = fields.Ref("network"),
        CurrentlyAttached = fields.Flag("currently_attached"),
        Management = fields.Flag("management"),
        Ip = fields.Text("IP"),
        Ipv6 = fields.Texts("IPv6"),
    };

    public static SrRecord Sr(OpaqueRef self, RecordFields fields) => new()
    {
        Ref = self,
        Uuid = fields.Text("uuid"),
        NameLabel = fields.Text("name_label"),
        Type = fields.Text("type"),
        ContentType = fields.Text("content_type"),
        Shared = fields.Flag("shared"),
        PhysicalSizeBytes = fields.Number("physical_size"),
        PhysicalUtilisationBytes = fields.Number("physical_utilisation"),
        Pbds = fields.Refs("PBDs"),
        SmConfig = fields.Map("sm_config"),
    };

    public static PbdRecord Pbd(OpaqueRef self, RecordFields fields) => new()
    {
        Ref = self,
        Uuid = fields.Text("uuid"),
        Host = fields.Ref("host"),
        Sr = fields.Ref("SR"),
        CurrentlyAttached = fields.Flag("currently_attached"),
    };

    public static VdiRecord Vdi(OpaqueRef self, RecordFields fields) => new()
    {
        Ref = self,
        Uuid = fields.Text("uuid"),
        NameLabel = fields.Text("name_label"),
        NameDescription = fields.Text("name_description"),
        Sr = fields.Ref("SR"),
        Vbds = fields.Refs("VBDs"),
        VirtualSizeBytes = fields.Number("virtual_size"),
        PhysicalUtilisationBytes = fields.Number("physical_utilisation"),
        Type = fields.Text("type"),
        Sharable = fields.Flag("sharable"),
        ReadOnly = fields.Flag("read_only"),
        Managed = fields.Flag("managed"),
        Missing = fields.Flag("missing"),
        IsASnapshot = fields.Flag("is_a_snapshot"),
        SnapshotOf = fields.Ref("snapshot_of"),
        SnapshotTime = fields.Time("snapshot_time"),
        IsToolsIso = fields.Flag("is_tools_iso"),
        CbtEnabled = fields.Flag("cbt_enabled"),
        OnBoot = fields.Text("on_boot"),
        SmConfig = fields.Map("sm_config"),
        OtherConfig = fields.Map("other_config"),
        Tags = fields.Texts("tags"),
        CurrentOperations = fields.Map("current_operations"),
    };

    public static VmRecord Vm(OpaqueRef self, RecordFields fields) => new()
    {
        Ref = self,
        Uuid = fields.Text("uuid"),
        NameLabel = fields.Text("name_label"),
        NameDescription = fields.Text("name_description"),
        IsControlDomain = fields.Flag("is_control_domain"),
        IsATemplate = fields.Flag("is_a_template"),
        IsASnapshot = fields.Flag("is_a_snapshot"),
        SnapshotOf = fields.Ref("snapshot_of"),
        SnapshotTime = fields.Time("snapshot_time"),
        PowerState = fields.Text("power_state"),
        ResidentOn = fields.Ref("resident_on"),
        MaxProcessors = fields.Number("VCPUs_max"),
        MaxMemoryBytes = fields.Number("memory_static_max"),
        BootParameters = fields.Map("HVM_boot_params"),
        Vbds = fields.Refs("VBDs"),
    };

    public static VbdRecord Vbd(OpaqueRef self, RecordFields fields) => new()
    {
        Ref = self,
        Uuid = fields.Text("uuid"),
        Vm = fields.Ref("VM"),
        Vdi = fields.Ref("VDI"),
        UserDevice = fields.Text("userdevice"),
        Device = fields.Text("device"),
        Type = fields.Text("type"),
        Mode = fields.Text("mode"),
        Empty = fields.Flag("empty"),
        Bootable = fields.Flag("bootable"),
        CurrentlyAttached = fields.Flag("currently_attached"),
    };

    public static CertificateRecord Certificate(OpaqueRef self, RecordFields fields) => new()
    {
        Ref = self,
        Uuid = fields.Text("uuid"),
        Type = fields.Text("type"),
        Host = fields.Ref("host"),
        FingerprintSha256 = fields.Text("fingerprint_sha256") is { Length: > 0 } hash
            ? hash
            : fields.Text("fingerprint"),
        NotBefore = fields.Time("not_before"),
        NotAfter = fields.Time("not_after"),
    };

    public static TaskRecord Task(OpaqueRef self, RecordFields fields) => new()
    {
        Ref = self,
        Uuid = fields.Text("uuid"),
        NameLabel = fields.Text("name_label"),
        NameDescription = fields.Text("name_description"),
        Status = fields.Text("status"),
        Progress = fields.Real("progress"),
        Created = fields.Time("created"),
        Result = fields.Text("result"),
        ErrorInfo = fields.Texts("error_info"),
        OtherConfig = fields.Map("other_config"),
        CurrentOperations = fields.Map("current_operations"),
    };
}
