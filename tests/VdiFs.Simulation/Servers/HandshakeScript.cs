using System.Text;
using VdiFs.Simulation.Network;
using VdiFs.Simulation.Runs;
using VdiFs.Simulation.Scenarios;

namespace VdiFs.Simulation.Servers;

/// <summary>The server's part of the handshake on one connection.</summary>
internal sealed class HandshakeScript(Stage stage, SimulatedHost host, Connection connection, ServedDisk disk)
{
    private const ushort FixedNewstyle = 1;
    private const ushort NoZeroes = 2;
    private const ushort InfoExport = 0;
    private const ushort InfoBlockSize = 3;

    private readonly ServerManner _manner = stage.Scenario.Manner;
    private bool _leavesZeroesOut;

    public HandshakeState State { get; private set; }

    public void Greet()
    {
        ushort flags = (ushort)((_manner.IsFixedNewstyle ? FixedNewstyle : 0) | (_manner.HasNoZeroes ? NoZeroes : 0));
        State = HandshakeState.Flags;
        Reply(Wire.Bytes(Wire.InitMagic, Wire.OptionMagic, flags));
    }

    public void TakeFlags(uint flags)
    {
        _leavesZeroesOut = (flags & NoZeroes) != 0;
        State = HandshakeState.Options;
    }

    public void TakeOption(uint option)
    {
        stage.Trace.Note("option", connection.Number, option);
        switch (option)
        {
            case Wire.OptionStructuredReply when _manner.IsStructured:
                Reply(Wire.OptionReply(option, Wire.ReplyAck));
                break;
            case Wire.OptionSetMetaContext when _manner.HasAllocation:
                Reply(
                    Wire.OptionReply(
                        option, Wire.ReplyMetaContext, Wire.AllocationContext,
                        Encoding.ASCII.GetBytes("base:allocation")),
                    Wire.OptionReply(option, Wire.ReplyAck));
                break;
            case Wire.OptionSetMetaContext when _manner.IsStructured:
                Reply(Wire.OptionReply(option, Wire.ReplyAck));
                break;
            case Wire.OptionGo when host.Suffers(FaultKind.Shutdown):
                stage.Struck(FaultKind.Shutdown, host.Number);
                Reply(Wire.OptionReply(option, Wire.ReplyShutdown));
                break;
            case Wire.OptionGo when _manner.KnowsGo:
                Enter(GoReplies(option));
                break;
            case Wire.OptionExportName:
                Enter([Wire.Bytes(
                    (ulong)disk.Length, disk.TransmissionFlags, _leavesZeroesOut ? [] : new byte[124])]);
                break;
            case Wire.OptionAbort:
                connection.Close(isReset: false);
                break;
            default:
                Reply(Wire.OptionReply(option, Wire.ReplyUnsupported));
                break;
        }
    }

    private List<byte[]> GoReplies(uint option)
    {
        List<byte[]> replies =
            [Wire.OptionReply(option, Wire.ReplyInfo, InfoExport, (ulong)disk.Length, disk.TransmissionFlags)];
        if (_manner.BlockSizes is var (minimum, preferred, maximum))
        {
            replies.Add(Wire.OptionReply(option, Wire.ReplyInfo, InfoBlockSize, minimum, preferred, maximum));
        }

        replies.Add(Wire.OptionReply(option, Wire.ReplyAck));
        return replies;
    }

    private void Enter(List<byte[]> replies)
    {
        State = HandshakeState.Transmission;
        if (!disk.IsTrue)
        {
            stage.Struck(FaultKind.Impostor, host.Number);
        }

        Reply([.. replies]);
        if (host.IsBeyondLimit(connection))
        {
            // As a XenServer host does: everything looks well, and then the connection closes.
            stage.Struck(FaultKind.ConnectionLimit, host.Number);
            connection.Close(isReset: false);
        }
    }

    private void Reply(params byte[][] messages)
    {
        if (host.Suffers(FaultKind.HandshakeLie))
        {
            stage.Struck(FaultKind.HandshakeLie, host.Number);
            HandshakeLies.Spoil(messages[0], host.Chance);
        }

        connection.Send([.. messages]);
    }
}
