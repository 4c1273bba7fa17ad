namespace Millrace.Models.Trees;

/// <summary>Reads a model file of either kind.</summary>
public static class ForestFile
{
    /// <summary>The forest in the file at <paramref name="path"/>; what kind it is shows in how it begins.</summary>
    /// <param name="path">A LightGBM text model or an XGBoost JSON model.</param>
    /// <param name="limits">Bounds; null for <see cref="ForestLimits.Default"/>.</param>
    /// <exception cref="ForestException">It is neither, or not a valid one; the message begins with the path.</exception>
    public static Forest Read(string path, ForestLimits? limits = null)
    {
        limits ??= ForestLimits.Default;
        try
        {
            return Read(ReadBytes(path, limits), limits);
        }
        catch (Exception fault) when (fault is ForestException or IOException or UnauthorizedAccessException)
        {
            throw new ForestException(fault is ForestException ? $"{path}: {fault.Message}" : fault.Message);
        }
    }

    /// <summary>The forest that <paramref name="bytes"/> describe.</summary>
    public static Forest Read(byte[] bytes, ForestLimits? limits = null)
    {
        if (LightGbmText.IsOne(bytes)) return LightGbmText.Read(bytes, limits);
        if (XgboostJson.IsOne(bytes)) return XgboostJson.Read(bytes, limits);
        throw new ForestException("expected a LightGBM text model, which begins with 'tree', or an XGBoost JSON model, which begins with '{'");
    }

    /// <summary>The bytes of a model file, at most as many as the bounds allow.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">Bounds; null for <see cref="ForestLimits.Default"/>.</param>
    /// <exception cref="ForestException">There are more.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] ReadBytes(string path, ForestLimits? limits = null)
    {
        limits ??= ForestLimits.Default;
        // Not File.ReadAllBytes: a file beyond the bound, or one that grows, must not be read whole. A pipe has no length.
        using var file = File.OpenRead(path);
        if (file.CanSeek && file.Length > limits.Bytes) throw new ForestException($"expected at most {limits.Bytes} bytes; got {file.Length}");
        using var whole = new MemoryStream(file.CanSeek ? (int)file.Length : 0);
        var part = new byte[64 << 10];
        for (int read; (read = file.Read(part)) > 0; whole.Write(part, 0, read))
        {
            if (whole.Length + read > limits.Bytes) throw new ForestException($"expected at most {limits.Bytes} bytes; got more");
        }

        return whole.Length == whole.Capacity ? whole.GetBuffer() : whole.ToArray();
    }
}
