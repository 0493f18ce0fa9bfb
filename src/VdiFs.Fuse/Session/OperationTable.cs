using System.Runtime.InteropServices;
using VdiFs.Fuse.Abi;

namespace VdiFs.Fuse.Session;

/// <summary>What the server knows of each opcode: the least its body must hold and who answers.</summary>
internal static class OperationTable
{
    private const int NoStruct = 0;
    private const int NameByte = 1;

    private static readonly Operation?[] Operations = Build();

    /// <summary>Answers a request, or starts to.</summary>
    /// <param name="request">The request; its body is only valid during the call.</param>
    /// <param name="body">The message without its header.</param>
    public static ValueTask Run(FuseRequest request, ReadOnlySpan<byte> body)
    {
        uint number = (uint)request.Opcode;
        if (number >= Operations.Length || Operations[number] is not { } operation)
        {
            // The kernel remembers it and does without.
            request.Fail(Errno.ENOSYS);
            return ValueTask.CompletedTask;
        }

        if (body.Length < operation.MinBody)
        {
            FuseLog.RequestLengthWrong(request.Session.Logger, request.Opcode, (uint)operation.MinBody, body.Length);
            request.Fail(Errno.EIO);
            return ValueTask.CompletedTask;
        }

        return operation.Handler(request, body);
    }

    private static Operation?[] Build()
    {
        Operation?[] table = new Operation?[64];
        void Add(FuseOpcode opcode, int minBody, OperationHandler handler) =>
            table[(int)opcode] = new Operation(minBody, handler);

        Add(FuseOpcode.Lookup, NameByte, NameOperations.Lookup);
        Add(FuseOpcode.Readlink, NoStruct, NameOperations.ReadLink);
        Add(FuseOpcode.Forget, NoStruct, NameOperations.Forget);
        Add(FuseOpcode.BatchForget, NoStruct, NameOperations.Forget);
        Add(FuseOpcode.Getattr, 16, AttributeOperations.GetAttributes);
        Add(FuseOpcode.Statx, 24, AttributeOperations.Statx);
        Add(FuseOpcode.Statfs, NoStruct, AttributeOperations.Statfs);
        Add(FuseOpcode.Open, 8, FileOperations.Open);
        Add(FuseOpcode.Read, 40, FileOperations.Read);
        Add(FuseOpcode.Lseek, 24, FileOperations.Seek);
        Add(FuseOpcode.Flush, 24, FileOperations.Flush);
        Add(FuseOpcode.Release, NoStruct, FileOperations.Release);
        Add(FuseOpcode.Opendir, 8, DirectoryOperations.Open);
        Add(FuseOpcode.Readdir, 40, DirectoryOperations.Read);
        Add(FuseOpcode.Readdirplus, 40, DirectoryOperations.ReadPlus);
        Add(FuseOpcode.Releasedir, NoStruct, Succeed);
        Add(FuseOpcode.Getxattr, 8 + NameByte, ExtendedAttributeOperations.Get);
        Add(FuseOpcode.Listxattr, 8, ExtendedAttributeOperations.List);
        Add(FuseOpcode.Interrupt, 8, Interrupt);
        Add(FuseOpcode.Destroy, NoStruct, Succeed);
        foreach (FuseOpcode opcode in WritingOpcodes)
        {
            Add(opcode, NoStruct, Refuse);
        }

        return table;
    }

    // MS_RDONLY keeps them in the VFS; whoever gets past it hears the same.
    private static ReadOnlySpan<FuseOpcode> WritingOpcodes =>
    [
        FuseOpcode.Setattr, FuseOpcode.Symlink, FuseOpcode.Mknod, FuseOpcode.Mkdir, FuseOpcode.Unlink,
        FuseOpcode.Rmdir, FuseOpcode.Rename, FuseOpcode.Link, FuseOpcode.Write, FuseOpcode.Setxattr,
        FuseOpcode.Removexattr, FuseOpcode.Create, FuseOpcode.Fallocate, FuseOpcode.Rename2,
        FuseOpcode.CopyFileRange, FuseOpcode.Tmpfile,
    ];

    private static ValueTask Succeed(FuseRequest request, ReadOnlySpan<byte> body)
    {
        request.Succeed();
        return ValueTask.CompletedTask;
    }

    private static ValueTask Refuse(FuseRequest request, ReadOnlySpan<byte> body)
    {
        request.Fail(Errno.EROFS);
        return ValueTask.CompletedTask;
    }

    /// <summary>Has no reply of its own, except to ask for another one later, which is never needed.</summary>
    private static ValueTask Interrupt(FuseRequest request, ReadOnlySpan<byte> body)
    {
        request.SucceedSilently();
        request.Session.Interrupt(MemoryMarshal.Read<InterruptIn>(body).Unique);
        return ValueTask.CompletedTask;
    }

    private sealed record Operation(int MinBody, OperationHandler Handler);
}

/// <summary>Answers one kind of request; throws to answer with an error.</summary>
internal delegate ValueTask OperationHandler(FuseRequest request, ReadOnlySpan<byte> body);
